import { cpus } from 'node:os';
import { parseArgs } from 'node:util';
import { detectionBenchmark } from './detection/command';
import { type Driver, startPlatform } from './platform';
import { report } from './report';
import { type Scenario, runScenario } from './scenario';
import { stateBenchmark } from './state/command';

const USAGE = `Measures the whole platform under load, with generator, broker and database on this machine.

  npm run benchmark -- [options]
  npm run benchmark -- detection <folder> [options]   how well anomalies are found; see detection --help
  npm run benchmark -- state [options]                what processing holds of a series; see state --help

  --log postgres|kafka      the message log (default postgres; kafka starts a broker of its own, needs Java 17)
  --through <door,…>        ingestion, gateway or both (default ingestion,gateway)
  --per-request <n,…>       readings in one request (default 1,100,1000)
  --seconds <n>             length of each load (default 15)
  --warm-up <n>             seconds of the same load before, not counted (default 8)
  --series <n>              series in the load, ten to a device (default 1000)
  --connections <n>         connections in a closed loop (default 512 for one per request, 128 for up to 100, 32 for more)
  --json                    one line of JSON per scenario instead of text
  --help                    this text
`;

function fail(line: string): never {
  process.stderr.write(`${line}\n`);
  process.exit(2);
}

function positive(name: string, text: string): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < 1) fail(`--${name} takes a whole number above 0, not "${text}".`);
  return value;
}

function defaultConnections(perRequest: number): number {
  if (perRequest === 1) return 512;
  return perRequest <= 100 ? 128 : 32;
}

function readOptions() {
  try {
    const { values } = parseArgs({
      options: {
        log: { type: 'string', default: 'postgres' },
        through: { type: 'string', default: 'ingestion,gateway' },
        'per-request': { type: 'string', default: '1,100,1000' },
        seconds: { type: 'string', default: '15' },
        'warm-up': { type: 'string', default: '8' },
        series: { type: 'string', default: '1000' },
        connections: { type: 'string' },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', default: false },
      },
    });
    return values;
  } catch (error) {
    return fail(
      `${error instanceof Error ? error.message : String(error)}\nSee npm run benchmark -- --help.`,
    );
  }
}

type Options = ReturnType<typeof readOptions>;

function scenarios(options: Options): Scenario[] {
  const doors = options.through.split(',').map((door) => {
    if (door !== 'ingestion' && door !== 'gateway')
      fail(`--through takes ingestion or gateway, not "${door}".`);
    return door;
  });
  const sizes = options['per-request'].split(',').map((size) => positive('per-request', size));
  return sizes.flatMap((perRequest) =>
    doors.map((through) => ({
      perRequest,
      through,
      connections: options.connections
        ? positive('connections', options.connections)
        : defaultConnections(perRequest),
      seconds: positive('seconds', options.seconds),
      warmUpSeconds: options['warm-up'] === '0' ? 0 : positive('warm-up', options['warm-up']),
      series: positive('series', options.series),
    })),
  );
}

async function main(): Promise<void> {
  const options = readOptions();
  if (options.help) {
    process.stdout.write(USAGE);
    return;
  }
  if (options.log !== 'postgres' && options.log !== 'kafka')
    fail(`--log takes postgres or kafka, not "${options.log}".`);
  const driver: Driver = options.log;
  const planned = scenarios(options);
  const processor = cpus();
  if (!options.json) {
    process.stdout.write(
      `Log: ${driver}. Machine: ${processor.length} × ${processor[0]?.model ?? 'unknown'}, Node ${process.version}\n\n`,
    );
  }
  const platform = await startPlatform(driver, (line) => process.stderr.write(`${line}\n`));
  try {
    for (const scenario of planned) {
      const result = await runScenario(platform, scenario);
      process.stdout.write(
        options.json ? `${JSON.stringify({ driver, ...result })}\n` : `${report(result)}\n\n`,
      );
    }
  } finally {
    await platform.stop();
  }
}

async function start(): Promise<void> {
  const [command, ...rest] = process.argv.slice(2);
  if (command === 'detection') process.exitCode = detectionBenchmark(rest);
  else if (command === 'state') process.exitCode = stateBenchmark(rest);
  else await main();
}

start().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  process.exit(1);
});
