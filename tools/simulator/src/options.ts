import { readFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import type { NabOptions } from './series/nab-folder';

export interface SimulatorOptions {
  readonly url: string;
  readonly key: string;
  readonly machines: number;
  readonly intervalMs: number;
  readonly seed: number;
}

export const USAGE = `Plays a plant: machines with sensors that send readings to Tidewatch, with faults now and then.

  TIDEWATCH_KEY=tw_… npm run simulator -- [options]

  TIDEWATCH_KEY_FILE names a file with the key instead.

  --url <address>     default TIDEWATCH_URL, or http://localhost:8080
  --machines <n>      default 12
  --interval-ms <n>   time between two readings of a sensor (default 1000)
  --seed <n>          another seed is another plant (default 1)
  --help              this text

Or writes series with labelled faults, for "npm run benchmark -- detection <folder>":

  npm run simulator -- faults <folder> [options]

  --copies <n>        series of each kind with each fault (default 3)
  --rows <n>          readings of a series (default 4032)
  --interval-ms <n>   time between two readings (default 300000)
  --seed <n>          other seeds are other series (default 1)
`;

/** Throws an `Error` with one line; null when help was asked for. */
export function parseOptions(
  argv: readonly string[],
  environment: Readonly<Record<string, string | undefined>>,
): SimulatorOptions | null {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      url: { type: 'string', default: environment['TIDEWATCH_URL'] ?? 'http://localhost:8080' },
      machines: { type: 'string', default: '12' },
      'interval-ms': { type: 'string', default: '1000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  return {
    url: values.url.replace(/\/$/, ''),
    key: keyIn(environment),
    machines: integer('--machines', values.machines, [1, 500]),
    intervalMs: integer('--interval-ms', values['interval-ms'], [50, 3_600_000]),
    seed: integer('--seed', values.seed, [0, 2 ** 31 - 1]),
  };
}

/** Throws an `Error` with one line; null when help was asked for. */
export function parseFaultOptions(argv: readonly string[]): NabOptions | null {
  const { values, positionals } = parseArgs({
    args: [...argv],
    allowPositionals: true,
    options: {
      copies: { type: 'string', default: '3' },
      rows: { type: 'string', default: '4032' },
      'interval-ms': { type: 'string', default: '300000' },
      seed: { type: 'string', default: '1' },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) return null;
  const [folder] = positionals;
  if (folder === undefined || positionals.length > 1) throw new Error('faults takes one folder to write to.');
  return {
    folder,
    copies: integer('--copies', values.copies, [1, 1_000]),
    rows: integer('--rows', values.rows, [100, 10_000_000]),
    intervalMs: integer('--interval-ms', values['interval-ms'], [1, 86_400_000]),
    seed: integer('--seed', values.seed, [0, 2 ** 31 - 1]),
  };
}

function keyIn(environment: Readonly<Record<string, string | undefined>>): string {
  const key = environment['TIDEWATCH_KEY'];
  if (key !== undefined && key !== '') return key;
  const file = environment['TIDEWATCH_KEY_FILE'];
  if (file === undefined || file === '') throw new Error('TIDEWATCH_KEY is not set: it takes an ingest key.');
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Error(
      `TIDEWATCH_KEY_FILE cannot be read: ${(error as NodeJS.ErrnoException).code ?? 'unknown error'}.`,
      {
        cause: error,
      },
    );
  }
}

function integer(name: string, text: string, [min, max]: readonly [number, number]): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new Error(`${name} takes a number from ${min} to ${max}, not "${text}".`);
  }
  return value;
}
