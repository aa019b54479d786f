import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { TOPICS } from '@tidewatch/contracts';
import type { LogConsumer } from '@tidewatch/messaging';
import {
  createTestDatabase,
  describeWithKafka,
  type KafkaBroker,
  startKafka,
  type TestDatabase,
  TraceCollector,
  waitFor,
} from '@tidewatch/testing';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import {
  type IngestionForTests,
  type LoggedReading,
  readingsIn,
  startIngestion,
} from './ingestion-for-tests';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const traced = (trace = TRACE) => ({
  headers: { traceparent: `00-${trace}-${CALLER}-01`, tracestate: 'vendor=1' },
});

function suite(system: string, startBroker: () => Promise<KafkaBroker | undefined>): void {
  let broker: KafkaBroker | undefined;
  let database: TestDatabase;
  let collector: TraceCollector;
  let ingestion: IngestionForTests;
  let tail: LogConsumer;
  const logged: LoggedReading[] = [];

  beforeAll(async () => {
    [broker, database, collector] = await Promise.all([
      startBroker(),
      createTestDatabase(),
      TraceCollector.start(),
    ]);
    ingestion = await startIngestion(database, broker?.brokers, {
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_TRACES_SAMPLER: 'parentbased_always_off',
      // Requests that are sent together are one block.
      FLUSH_INTERVAL_MS: '200',
    });
    const handle: Parameters<typeof ingestion.log.tail>[0]['handle'] = (batch) =>
      void logged.push(...readingsIn(batch));
    tail = ingestion.log.tail({ name: 'test', topics: [TOPICS.readings], sinceMs: 60_000, handle });
    await tail.start();
  }, 120_000);
  afterAll(async () => {
    await tail.stop();
    await ingestion.stop();
    await Promise.all([collector.stop(), database.drop(), broker?.kill()]);
  });

  const headersOf = async (device: string) =>
    (await waitFor(device, () => logged.find((one) => one.device === device))).headers;

  test('the record on the log continues the trace of its request', async () => {
    expect((await ingestion.post({ device: 'a', metric: 'm', value: 1 }, traced())).status).toBe(202);
    const send = await collector.spanOf('send readings.v1', TRACE);
    const server = await collector.spanOf('POST /v1/readings', TRACE);
    expect(server).toMatchObject({ service: 'tidewatch-ingestion', parentSpanId: CALLER, kind: 'server' });
    expect(send).toMatchObject({
      parentSpanId: server.spanId,
      kind: 'producer',
      hasFailed: false,
      attributes: {
        'messaging.system': system,
        'messaging.operation.type': 'send',
        'messaging.destination.name': 'readings.v1',
      },
    });
    expect(send.durationMs).toBeGreaterThan(0);
    const { traceparent, tracestate } = await headersOf('a');
    expect(traceparent).toBe(`00-${TRACE}-${send.spanId}-01`);
    expect(tracestate).toBe('vendor=1');
  });

  test('a block of several traced requests names the first of them, and of others none', async () => {
    const traces = Array.from({ length: 10 }, (_, i) => i.toString(16).padStart(32, '1'));
    await Promise.all([
      ingestion.post({ device: 'b', metric: 'm', value: -1 }),
      ...traces.map((trace, value) => ingestion.post({ device: 'b', metric: 'm', value }, traced(trace))),
    ]);
    const readings = await waitFor('the readings', () => {
      const found = logged.filter(({ device }) => device === 'b');
      return found.length > traces.length ? found : undefined;
    });
    // As a rule it is one block; a slow machine makes several.
    for (const headers of new Set(readings.map((reading) => reading.headers))) {
      const { traceparent = '', 'further-traceparents': further } = headers;
      const named = [traceparent, ...(further?.split(',') ?? [])].map((text) => text.split('-')[1] ?? '');
      const values = readings.filter((reading) => reading.headers === headers).map(({ value }) => value);
      const inBlock = values.flatMap((value) => traces[value] ?? []).slice(0, 8);
      expect(named).toEqual(inBlock.length > 0 ? inBlock : ['']);
    }
    await ingestion.post({ device: 'c', metric: 'm', value: 1 });
    expect(Object.keys(await headersOf('c')).sort()).toEqual(['received-at-ms', 'request-id']);
  });

  test('what is refused is no step to the log', async () => {
    const trace = 'f'.repeat(32);
    expect((await ingestion.post({ device: 'd' }, traced(trace))).status).toBe(422);
    await collector.spanOf('POST /v1/readings', trace);
    expect(collector.spans.filter(({ traceId }) => traceId === trace)).toHaveLength(1);
  });
}

describe('on the embedded log', () => suite('postgresql', () => Promise.resolve(undefined)));

describeWithKafka('on Kafka', () => {
  let folder: string;
  suite('kafka', async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'tidewatch-kafka-'));
    return startKafka({ dataDir: folder });
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));
});
