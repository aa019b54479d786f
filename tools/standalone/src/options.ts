import { parseArgs } from 'node:util';
import { StartError, messageOf } from './errors';

/** Services of which more than one instance makes sense: the consumers that share partitions. */
const REPLICABLE = ['processing', 'storage'] as const;
type Replicable = (typeof REPLICABLE)[number];
const MAX_REPLICAS = 8;
const DEFAULT_PORT = 8080;

export interface StandaloneOptions {
  readonly help: boolean;
  readonly dataDir: string;
  /** Port of the gateway; the other services take the ones after it. */
  readonly port: number;
  readonly demo: boolean;
  readonly log: 'postgres' | 'kafka';
  readonly kafkaBrokers: string;
  readonly replicas: Readonly<Record<Replicable, number>>;
  /** Make and print another ingest key. */
  readonly newKey: boolean;
  readonly printJson: boolean;
}

export const USAGE = `Starts Tidewatch on this machine: PostgreSQL and every service, until Ctrl-C.

  npm start -- [options]

  --data-dir <folder>       where data, secrets and logs are kept (default .tidewatch)
  --port <number>           port of the page and the API (default ${DEFAULT_PORT}); services use the ports after it
  --demo                    also run a simulated plant that sends readings
  --log postgres|kafka      the message log (default postgres, needs nothing else)
  --kafka-brokers <list>    host:port, comma-separated; for --log kafka
  --replicas <service>=<n>  instances of processing or storage (default 1); may be given twice
  --new-key                 make another ingest key and print it
  --print-json              print addresses and keys as one line of JSON on standard output, for scripts
  --help                    this text

Environment:
  HOST                        address the gateway listens on (default 127.0.0.1; the other services never leave it)
  LOG_LEVEL                   least severe level in .tidewatch/logs (default info)
  OTEL_EXPORTER_OTLP_ENDPOINT where traces go, and other names of OpenTelemetry (default nowhere)
  TIDEWATCH_<SERVICE>_<NAME>  setting <NAME> of one service, for example TIDEWATCH_STORAGE_LOG_LEVEL=debug
`;

/** Throws `StartError` with one line that names the fault. */
export function parseOptions(argv: readonly string[]): StandaloneOptions {
  const given = read(argv);
  const log = given.log ?? 'postgres';
  if (log !== 'postgres' && log !== 'kafka') {
    throw new StartError(`--log takes postgres or kafka, not "${log}".`);
  }
  const kafkaBrokers = given['kafka-brokers'] ?? '';
  if (log === 'kafka' && kafkaBrokers === '') {
    throw new StartError('--log kafka needs --kafka-brokers host:port.');
  }
  if (log === 'postgres' && kafkaBrokers !== '') {
    throw new StartError('--kafka-brokers is for --log kafka only.');
  }
  return {
    help: given.help ?? false,
    dataDir: given['data-dir'] ?? '.tidewatch',
    port: portOf(given.port),
    demo: given.demo ?? false,
    log,
    kafkaBrokers,
    replicas: replicasOf(given.replicas ?? []),
    newKey: given['new-key'] ?? false,
    printJson: given['print-json'] ?? false,
  };
}

function read(argv: readonly string[]) {
  try {
    return parseArgs({
      args: [...argv],
      strict: true,
      options: {
        'data-dir': { type: 'string' },
        port: { type: 'string' },
        demo: { type: 'boolean' },
        log: { type: 'string' },
        'kafka-brokers': { type: 'string' },
        replicas: { type: 'string', multiple: true },
        'new-key': { type: 'boolean' },
        'print-json': { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }).values;
  } catch (cause) {
    // Node adds advice on how to pass a positional argument, which nobody here needs.
    const line = messageOf(cause).split(/[.\n] /)[0] ?? '';
    throw new StartError(`${line.replace(/\.$/, '')}. See npm start -- --help.`, { cause });
  }
}

function portOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = Number(text);
  // The services and their replicas take the ports after it.
  if (!/^\d+$/.test(text) || port < 1 || port > 65_500) {
    throw new StartError(`--port takes a number from 1 to 65500, not "${text}".`);
  }
  return port;
}

function replicasOf(given: readonly string[]): Record<Replicable, number> {
  const replicas: Record<Replicable, number> = { processing: 1, storage: 1 };
  for (const text of given) {
    const [service = '', count = ''] = text.split('=');
    const known = REPLICABLE.find((name) => name === service);
    if (known === undefined || !/^[1-8]$/.test(count)) {
      throw new StartError(
        `--replicas takes ${REPLICABLE.join(' or ')} with a count from 1 to ${MAX_REPLICAS}, such as processing=2, not "${text}".`,
      );
    }
    replicas[known] = Number(count);
  }
  return replicas;
}
