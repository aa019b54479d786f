import { parseArgs } from 'node:util';
import { fetchKafka, startKafka } from '@tidewatch/testing';

const USAGE = `A Kafka broker for this machine (KRaft, loopback only).

  kafka fetch                                  fetch the jars into the cache and stop
  kafka start [--data-dir D] [--port P] [--heap-mb M]   run a broker until Ctrl-C
                                               (default: .tidewatch/kafka, 9092, 512)
`;
const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function start(dataDir: string, port: number, heapMb: number): Promise<void> {
  const broker = await startKafka({ dataDir, port, heapMb, onProgress: say });
  say(`Kafka listens on ${broker.brokers}; its log and data are in ${dataDir}. Ctrl-C stops it.`);
  const watch = setInterval(() => {
    if (broker.pid !== undefined) return;
    process.stderr.write(`Kafka ended by itself; see ${dataDir}/kafka.log\n`);
    process.exit(1);
  }, 500);
  const stop = (): void => {
    clearInterval(watch);
    void broker.stop().then(() => process.exit(0));
  };
  process.once('SIGINT', stop).once('SIGTERM', stop);
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: {
      'data-dir': { type: 'string', default: '.tidewatch/kafka' },
      port: { type: 'string', default: '9092' },
      'heap-mb': { type: 'string', default: '512' },
      help: { type: 'boolean', short: 'h', default: false },
    },
  });
  const command = positionals[0];
  if (values.help) {
    say(USAGE.trimEnd());
  } else if (command === 'fetch') {
    const { directory } = await fetchKafka(say);
    say(`Kafka is in ${directory}`);
  } else if (command === 'start') {
    await start(values['data-dir'], Number(values.port), Number(values['heap-mb']));
  } else {
    process.stderr.write(USAGE);
    process.exitCode = 2;
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
