import { parseArgs } from 'node:util';
import { type Driver, type FaultName, faultNames } from '@tidewatch/testing';

export interface ChaosOptions {
  readonly driver: Driver;
  readonly faults: readonly FaultName[];
  /** For each fault. */
  readonly seconds: number;
  readonly seed: number;
  readonly keep: boolean;
}

export const USAGE = `Runs Tidewatch, hurts it while readings come in, and counts what was lost, duplicated or wrong. Exit code 1 when any count is not zero.

  npm run chaos -- [options]

  --driver kafka|postgres   the message log (default postgres)
  --fault <name>            one fault, or all of them one after another (default all)
  --minutes <n>             for each fault; fractions allowed (default 1)
  --seed <n>                decides readings and moments (default: a new one, which is printed)
  --keep                    keep the data, the logs and the ledgers
  --help                    this text

Faults: ${faultNames('kafka').join(', ')}
`;

/** Null when help was asked for. Throws an `Error` with one line. */
export function parseOptions(argv: readonly string[], newSeed: () => number): ChaosOptions | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      driver: { type: 'string', default: 'postgres' },
      fault: { type: 'string', default: 'all' },
      minutes: { type: 'string', default: '1' },
      seed: { type: 'string' },
      keep: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const { driver, fault } = values;
  if (driver !== 'kafka' && driver !== 'postgres') {
    throw new Error(`--driver takes kafka or postgres, not "${driver}".`);
  }
  const possible = faultNames(driver);
  const faults = fault === 'all' ? possible : possible.filter((name) => name === fault);
  if (faults.length === 0) {
    throw new Error(`--fault takes all, ${possible.join(', ')} with this driver, not "${fault}".`);
  }
  const minutes = Number(values.minutes);
  if (!(minutes > 0 && minutes <= 10_000)) {
    throw new Error(`--minutes takes a positive number, not "${values.minutes}".`);
  }
  const seed = values.seed === undefined ? newSeed() : Number(values.seed);
  if (!Number.isSafeInteger(seed) || seed < 0) {
    throw new Error(`--seed takes a whole number, not "${values.seed ?? ''}".`);
  }
  return { driver, faults, seconds: minutes * 60, seed, keep: values.keep };
}
