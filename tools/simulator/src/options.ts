import { parseArgs } from 'node:util';

export interface SimulatorOptions {
  readonly url: string;
  readonly key: string;
  readonly machines: number;
  readonly intervalMs: number;
  readonly seed: number;
}

export const USAGE = `Plays a plant: machines with sensors that send readings to Tidewatch, with faults now and then.

  TIDEWATCH_KEY=tw_… node dist/tools/simulator/src/main.js [options]

  --url <address>     default TIDEWATCH_URL, or http://localhost:8080
  --machines <n>      default 12
  --interval-ms <n>   time between two readings of a sensor (default 1000)
  --seed <n>          another seed is another plant (default 1)
  --help              this text
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
  const key = environment['TIDEWATCH_KEY'];
  if (key === undefined || key === '') throw new Error('TIDEWATCH_KEY is not set: it takes an ingest key.');
  return {
    url: values.url.replace(/\/$/, ''),
    key,
    machines: integer('--machines', values.machines, [1, 500]),
    intervalMs: integer('--interval-ms', values['interval-ms'], [50, 3_600_000]),
    seed: integer('--seed', values.seed, [0, 2 ** 31 - 1]),
  };
}

function integer(name: string, text: string, [min, max]: readonly [number, number]): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < min || value > max) {
    throw new Error(`${name} takes a number from ${min} to ${max}, not "${text}".`);
  }
  return value;
}
