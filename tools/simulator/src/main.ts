import { parseFaultOptions, parseOptions, type SimulatorOptions, USAGE } from './options';
import { type Sensor, readingAt, sensorsOf } from './plant';
import { Sender } from './sender';
import { writeNabFolder } from './series/nab-folder';

const STATUS_MS = 30_000;

function run(options: SimulatorOptions): void {
  const sensors = sensorsOf(options.machines);
  const sender = new Sender(options);
  const faulty = new Map<Sensor, string>();
  const tick = () => {
    const timeMs = Date.now();
    const readings = sensors.map((sensor) => {
      const { value, fault } = readingAt(options.seed, sensor, timeMs);
      noteFault(faulty, sensor, fault?.kind);
      const { device, metric, tags } = sensor;
      return { device, metric, tags, value, time: timeMs };
    });
    sender.send(readings, (error) => {
      console.error(error.message);
      process.exit(1);
    });
  };
  console.log(
    `${options.machines} machines with ${sensors.length} sensors, one reading each every ${options.intervalMs} ms`,
  );
  tick();
  setInterval(tick, options.intervalMs);
  setInterval(() => console.log(statusOf(sender, faulty)), STATUS_MS);
}

/** Tells of the beginning of a fault: what a detector should find. */
function noteFault(faulty: Map<Sensor, string>, sensor: Sensor, kind: string | undefined): void {
  if (kind === undefined) faulty.delete(sensor);
  else if (faulty.get(sensor) !== kind) {
    faulty.set(sensor, kind);
    console.log(`fault begins: ${sensor.device} ${sensor.metric} (${kind})`);
  }
}

function statusOf(sender: Sender, faulty: ReadonlyMap<Sensor, string>): string {
  const { accepted, dropped, retries } = sender.counts;
  return `${accepted} readings accepted, ${sender.waitingBatches} requests waiting, ${retries} retries, ${dropped} readings given up, ${faulty.size} faulty sensors`;
}

function main(argv: readonly string[]): void {
  if (argv[0] === 'faults') {
    const options = parseFaultOptions(argv.slice(1));
    if (options === null) console.log(USAGE);
    else console.log(`${writeNabFolder(options)} series written to ${options.folder}`);
    return;
  }
  const options = parseOptions(argv, process.env);
  if (options === null) console.log(USAGE);
  else run(options);
}

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => process.exit(0));
try {
  main(process.argv.slice(2));
} catch (error) {
  console.error(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
}
