import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWhere } from '../describe-where';
import { type KafkaBroker, startKafka } from './kafka-broker';
import { fetchKafka, missingForKafka } from './kafka-distribution';

/** Set by the global setup of a jest run and inherited by its workers. */
const DIRECTORY = 'TIDEWATCH_TEST_KAFKA_DIR';
const UNAVAILABLE = 'TIDEWATCH_TEST_KAFKA_UNAVAILABLE';
const START_DEADLINE_MS = 90_000;

export interface KafkaAvailability {
  readonly available: boolean;
  readonly reason?: string;
}

/** Whether tests can have a broker. The reason is for a person: what is missing here. */
export function kafkaAvailable(): KafkaAvailability {
  const reason = process.env[UNAVAILABLE] ?? missingForKafka();
  return reason ? { available: false, reason } : { available: true };
}

/** `describe` where Kafka can be had; with `REQUIRE_KAFKA=1` absence is a failure. */
export function describeWithKafka(name: string, body: () => void): void {
  describeWhere('Kafka', kafkaAvailable().reason ?? null)(name, body);
}

let ownBroker: Promise<KafkaBroker> | undefined;

/**
 * The broker that all tests of a jest run share, started by the first one that asks. Tests name their own topics and groups in it,
 * and start one of their own (`startKafka`) to stop or kill it. Give hooks that call this 120 s: the first start may fetch Kafka.
 */
export async function testKafka(): Promise<{ brokers: string }> {
  const directory = process.env[DIRECTORY];
  if (directory) return { brokers: await askOwner(directory) };
  // Without the global setup (one file run by hand, e2e): a broker that ends with this process.
  ownBroker ??= mkdtemp(path.join(tmpdir(), 'tidewatch-kafka-')).then((dataDir) => startKafka({ dataDir }));
  return { brokers: (await ownBroker).brokers };
}

/** Workers ask the jest process for the broker through files, so that one process owns it and ends it. */
async function askOwner(directory: string): Promise<string> {
  await writeFile(path.join(directory, 'wanted'), '');
  const deadline = Date.now() + START_DEADLINE_MS;
  const answer = path.join(directory, 'answer.json');
  while (!existsSync(answer)) {
    if (Date.now() > deadline) throw new Error('the shared Kafka of this test run did not start in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const { brokers, error } = JSON.parse(await readFile(answer, 'utf8')) as {
    brokers?: string;
    error?: string;
  };
  if (brokers === undefined)
    throw new Error(`the shared Kafka of this test run did not start: ${error ?? ''}`);
  return brokers;
}

/** Jest loads its global setup and its teardown in one process, but with modules of their own. */
const shared = globalThis as typeof globalThis & { tidewatchWithdrawKafka?: () => Promise<void> };

/** For jest's global teardown: ends the shared broker, if one was started. */
export async function withdrawTestKafka(): Promise<void> {
  await shared.tidewatchWithdrawKafka?.();
}

/** For jest's global setup: fetches Kafka when it can be had and starts the shared broker when the first test asks. */
export async function offerTestKafka(): Promise<void> {
  try {
    await fetchKafka((line) => process.stderr.write(`${line}\n`));
  } catch (error) {
    process.env[UNAVAILABLE] = error instanceof Error ? error.message : String(error);
    return;
  }
  const directory = await mkdtemp(path.join(tmpdir(), 'tidewatch-kafka-'));
  process.env[DIRECTORY] = directory;
  let broker: Promise<KafkaBroker> | undefined;
  const watch = setInterval(() => {
    if (!existsSync(path.join(directory, 'wanted'))) return;
    clearInterval(watch);
    broker = startKafka({ dataDir: path.join(directory, 'broker') });
    void publish(directory, broker);
  }, 50);
  watch.unref();
  shared.tidewatchWithdrawKafka = async () => {
    clearInterval(watch);
    await (await broker?.catch(() => undefined))?.kill();
    await rm(directory, { recursive: true, force: true });
  };
}

async function publish(directory: string, broker: Promise<KafkaBroker>): Promise<void> {
  const answer = await broker.then(
    ({ brokers }) => ({ brokers }),
    (error: unknown) => ({ error: String(error) }),
  );
  const partial = path.join(directory, 'answer.partial');
  await writeFile(partial, JSON.stringify(answer));
  await rename(partial, path.join(directory, 'answer.json'));
}
