import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { TOPICS } from '@tidewatch/contracts';
import { encodeBlock, ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';
import { TraceCollector, waitFor } from '@tidewatch/testing';
import { startStorage, type StorageForTests } from './testing/start-storage';

const traceOf = (digit: string) => digit.repeat(32);
const contextOf = (digit: string) => `00-${traceOf(digit)}-${digit.repeat(16)}-01`;

let collector: TraceCollector;
let running: StorageForTests;
beforeAll(async () => {
  collector = await TraceCollector.start();
  running = await startStorage({ OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint });
});
afterAll(async () => {
  await running.stop();
  await collector.stop();
});

const blockOf = (value: number) => {
  const builder = new ReadingBatchBuilder();
  builder.append(seriesKey('d', 'm'), value * 1_000_000, value);
  return encodeBlock(builder.view());
};
const append = (...headers: Record<string, string>[]) =>
  running.log.append(
    TOPICS.readings,
    headers.map((own, i) => ({ partition: 0, key: 'd', value: blockOf(stored++ + i), headers: own })),
  );
let stored = 1;

test('the write of a batch is a step of each of its traces, linked with the others', async () => {
  await append(
    {},
    { traceparent: contextOf('a'), 'further-traceparents': contextOf('b') },
    { traceparent: 'nonsense' },
  );
  const [processA, writeA, processB, writeB] = await Promise.all([
    collector.spanOf('process readings.v1', traceOf('a')),
    collector.spanOf('COPY readings', traceOf('a')),
    collector.spanOf('process readings.v1', traceOf('b')),
    collector.spanOf('COPY readings', traceOf('b')),
  ]);
  expect(processA).toMatchObject({
    service: 'tidewatch-storage',
    parentSpanId: 'a'.repeat(16),
    kind: 'consumer',
    links: ['b'.repeat(16)],
    attributes: { 'messaging.consumer.group.name': 'storage', 'messaging.destination.partition.id': '0' },
  });
  expect(processB).toMatchObject({ parentSpanId: 'b'.repeat(16), links: [processA.spanId] });
  expect(writeA).toMatchObject({
    parentSpanId: processA.spanId,
    kind: 'client',
    links: [writeB.spanId],
    attributes: {
      'db.system.name': 'postgresql',
      'db.operation.name': 'COPY',
      'db.collection.name': 'readings',
    },
  });
  expect(writeB).toMatchObject({ parentSpanId: processB.spanId, links: [writeA.spanId] });
  expect(writeA.durationMs).toBeGreaterThan(0);
});

test('a batch without a traced record leaves no span', async () => {
  const before = collector.spans.length;
  await append({}, { traceparent: `00-${traceOf('c')}-${'c'.repeat(16)}-00` });
  await waitFor('the rows', async () => {
    const { rows } = await running.database.pool.query<{ count: number }>(
      'SELECT count(*)::int FROM readings',
    );
    return rows[0]!.count >= 5;
  });
  await append({ traceparent: contextOf('d') });
  await collector.spanOf('COPY readings', traceOf('d'));
  expect(collector.spans.slice(before).map(({ traceId }) => traceId)).toEqual([traceOf('d'), traceOf('d')]);
});
