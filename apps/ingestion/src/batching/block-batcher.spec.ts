import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import fc from 'fast-check';
import { LIMITS, TOPICS } from '@tidewatch/contracts';
import { type LogRecord, LogOverloadedError, LogUnavailableError } from '@tidewatch/messaging';
import { decodeBlock } from '@tidewatch/readings';
import { RequestRows } from '../requests/request-rows';
import { SeriesCatalog } from '../requests/series-catalog';
import { BlockBatcher, type BatcherOptions } from './block-batcher';

/** A log whose appends end when the test says so. */
class ManualLog {
  readonly appends: { records: readonly LogRecord[]; resolve: () => void; reject: (error: Error) => void }[] =
    [];

  append(topic: string, records: readonly LogRecord[]): Promise<void> {
    expect(topic).toBe(TOPICS.readings);
    return new Promise((resolve, reject) => this.appends.push({ records, resolve, reject }));
  }

  /** Values of all readings of the nth append, by partition. */
  values(n: number): Record<number, number[]> {
    const byPartition: Record<number, number[]> = {};
    for (const { partition, value } of this.appends[n]!.records) {
      (byPartition[partition] ??= []).push(...decodeBlock(value).value);
    }
    return byPartition;
  }
}

const catalog = new SeriesCatalog(12);
// Devices of two partitions.
const [here, there] = [catalog.add('a', 'm'), catalog.add('b', 'm')];
const origin = { receivedAtMs: 1_700_000_000_000, requestId: 'r1' };

function rowsOf(...entries: [series: typeof here, value: number][]): RequestRows {
  const rows = new RequestRows();
  for (const [series, value] of entries) rows.append(series, 1_000 + value, value);
  return rows;
}

function many(count: number, from = 0): RequestRows {
  return rowsOf(...Array.from({ length: count }, (_, i) => [here, from + i] as [typeof here, number]));
}

function setUp(change: Partial<BatcherOptions> = {}) {
  const log = new ManualLog();
  const observer = { appended: jest.fn(), failed: jest.fn(), pending: jest.fn<(bytes: number) => void>() };
  const options = {
    partitions: 12,
    flushIntervalMs: 5,
    flushReadings: 2_000,
    maxPendingBytes: 1_000_000,
    maxBlockBytes: LIMITS.blockBytes,
    maxAppends: 2,
    deadlineMs: 4_700,
  };
  const batcher = new BlockBatcher(log, { ...options, ...change }, observer);
  return { log, observer, batcher };
}

/** Whether a promise is settled, and how, once all that is due has run. */
async function stateOf(promise: Promise<void>): Promise<string> {
  let state = 'pending';
  promise.then(
    () => (state = 'resolved'),
    (error: unknown) => (state = (error as Error).name),
  );
  await jest.advanceTimersByTimeAsync(0);
  return state;
}

beforeEach(() => {
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('a flush', () => {
  test('comes after the interval, with one block per partition in one append', async () => {
    const { log, batcher } = setUp();
    const first = batcher.add(rowsOf([here, 1], [there, 2]), origin);
    await jest.advanceTimersByTimeAsync(4);
    const second = batcher.add(rowsOf([here, 3]), { ...origin, requestId: 'r2' });
    expect(log.appends).toHaveLength(0);
    await jest.advanceTimersByTimeAsync(1);
    expect(log.appends).toHaveLength(1);
    expect(log.values(0)).toEqual({ [here.partition]: [1, 3], [there.partition]: [2] });
    expect(await stateOf(first)).toBe('pending');
    log.appends[0]!.resolve();
    expect(await stateOf(first)).toBe('resolved');
    expect(await stateOf(second)).toBe('resolved');
  });

  test('comes at once when a partition has enough', () => {
    const { log, batcher } = setUp({ flushReadings: 3 });
    void batcher.add(many(2), origin);
    void batcher.add(rowsOf([there, 9]), origin);
    expect(log.appends).toHaveLength(0);
    void batcher.add(many(1, 2), origin);
    expect(log.values(0)).toEqual({ [here.partition]: [0, 1, 2], [there.partition]: [9] });
  });

  test('tells since when it waits, and the request when it is of one', async () => {
    const { log, batcher } = setUp();
    void batcher.add(rowsOf([here, 1], [here, 2], [there, 3]), origin);
    void batcher.add(rowsOf([there, 4]), { receivedAtMs: origin.receivedAtMs + 3, requestId: 'r2' });
    await jest.advanceTimersByTimeAsync(5);
    const headers = Object.fromEntries(
      log.appends[0]!.records.map((record) => [record.partition, record.headers]),
    );
    expect(headers[here.partition]).toEqual({ 'received-at-ms': '1700000000000', 'request-id': 'r1' });
    expect(headers[there.partition]).toEqual({ 'received-at-ms': '1700000000000' });
  });

  test('names the traced requests of each block, and forgets them with it', async () => {
    const { log, batcher } = setUp();
    const traced = (id: number) => ({
      ...origin,
      trace: { traceparent: `00-${'a'.repeat(32)}-${String(id).padStart(16, '0')}-01`, tracestate: 'v=1' },
    });
    void batcher.add(rowsOf([here, 1], [there, 2], [here, 3]), traced(1));
    void batcher.add(rowsOf([here, 4]), origin);
    void batcher.add(rowsOf([here, 5], [here, 6]), traced(2));
    await jest.advanceTimersByTimeAsync(5);
    void batcher.add(rowsOf([here, 7]), origin);
    await jest.advanceTimersByTimeAsync(5);
    const [first, second] = log.appends.map(({ records }) =>
      Object.fromEntries(records.map(({ partition, headers }) => [partition, headers])),
    );
    const { traceparent, tracestate } = traced(1).trace;
    expect(first![here.partition]).toMatchObject({
      ...{ traceparent, tracestate },
      'further-traceparents': traced(2).trace.traceparent,
    });
    expect(first![there.partition]).toMatchObject({ traceparent, tracestate });
    expect(first![there.partition]).not.toHaveProperty('further-traceparents');
    expect(Object.keys(second![here.partition]!)).toEqual(['received-at-ms', 'request-id']);
  });

  test('takes copies: rows can be used again at once', async () => {
    const { log, batcher } = setUp();
    const rows = many(2);
    void batcher.add(rows, origin);
    rows.truncate(0);
    rows.append(there, 1, 99);
    await jest.advanceTimersByTimeAsync(5);
    expect(log.values(0)).toEqual({ [here.partition]: [0, 1] });
  });

  test('does not come without readings', async () => {
    const { log, batcher } = setUp();
    void batcher.add(many(1), origin);
    await jest.advanceTimersByTimeAsync(5);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(log.appends).toHaveLength(1);
  });
});

describe('blocks', () => {
  test('stay below the limit of a record, and the rest follows in order', async () => {
    const { log, batcher } = setUp({ maxBlockBytes: 10_000 });
    void batcher.add(many(1_000), origin);
    await jest.advanceTimersByTimeAsync(5);
    const { records } = log.appends[0]!;
    expect(records.length).toBeGreaterThan(2);
    expect(Math.max(...records.map(({ value }) => value.length))).toBeLessThanOrEqual(10_000);
    expect(log.values(0)).toEqual({ [here.partition]: Array.from({ length: 1_000 }, (_, i) => i) });
  });

  test('stay below it with the longest names there can be', async () => {
    const { log, batcher } = setUp({ maxPendingBytes: 100_000_000 });
    const name = (i: number) => `${i}`.padEnd(LIMITS.nameBytes, 'x');
    const tags = Object.fromEntries(Array.from({ length: 16 }, (_, i) => [name(i), name(i)]));
    const rows = new RequestRows();
    for (let i = 0; i < 1_000; i++) rows.append(catalog.add(name(7), name(i), tags), i, i);
    void batcher.add(rows, origin);
    await jest.advanceTimersByTimeAsync(5);
    const lengths = log.appends[0]!.records.map(({ value }) => value.length);
    expect(lengths.length).toBeGreaterThan(4);
    expect(Math.max(...lengths)).toBeLessThanOrEqual(LIMITS.blockBytes);
  });
});

describe('appends', () => {
  test('at most two run; what comes meanwhile waits for one to end, and is one flush', async () => {
    const { log, batcher } = setUp();
    const added: Promise<void>[] = [];
    for (let i = 0; i < 5; i++) {
      added.push(batcher.add(many(1, i), origin));
      await jest.advanceTimersByTimeAsync(5);
    }
    expect(log.appends).toHaveLength(2);
    log.appends[0]!.resolve();
    await jest.advanceTimersByTimeAsync(0);
    expect(log.appends).toHaveLength(3);
    expect(log.values(2)).toEqual({ [here.partition]: [2, 3, 4] });
    expect(await Promise.all(added.map(stateOf))).toEqual([
      'resolved',
      'pending',
      'pending',
      'pending',
      'pending',
    ]);
  });

  test('keep the order of a device, however requests come and appends end', async () => {
    const action = fc.oneof(
      fc.record({ add: fc.integer({ min: 1, max: 5 }) }),
      fc.record({ wait: fc.integer({ min: 1, max: 8 }) }),
      fc.constant({ acknowledge: true }),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(action, { maxLength: 40 }), async (actions) => {
        const { log, batcher } = setUp({ flushReadings: 8, maxBlockBytes: 5_000 });
        let sent = 0;
        let acknowledged = 0;
        const acknowledgeNext = () => log.appends[acknowledged]?.resolve();
        for (const one of actions) {
          if ('add' in one) {
            void batcher.add(many(one.add, sent), origin);
            sent += one.add;
          } else if ('wait' in one) {
            await jest.advanceTimersByTimeAsync(one.wait);
          } else if (acknowledged < log.appends.length) {
            acknowledgeNext();
            acknowledged += 1;
          }
        }
        const closing = batcher.close();
        while ((await stateOf(closing)) === 'pending') {
          acknowledgeNext();
          acknowledged += 1;
        }
        const values = log.appends.flatMap((_, n) => log.values(n)[here.partition] ?? []);
        expect(values).toEqual(Array.from({ length: sent }, (_, i) => i));
      }),
      { numRuns: 200 },
    );
  });

  test('a failure reaches the requests of the flush, and no others', async () => {
    const { log, observer, batcher } = setUp();
    const first = batcher.add(many(1), origin);
    const same = batcher.add(many(1), origin);
    await jest.advanceTimersByTimeAsync(5);
    const second = batcher.add(many(1), origin);
    await jest.advanceTimersByTimeAsync(5);
    log.appends[0]!.reject(new LogUnavailableError('away'));
    log.appends[1]!.resolve();
    expect(await stateOf(first)).toBe('LogUnavailableError');
    expect(await stateOf(same)).toBe('LogUnavailableError');
    expect(await stateOf(second)).toBe('resolved');
    expect(observer.failed).toHaveBeenCalledTimes(1);
    expect(observer.appended).toHaveBeenCalledTimes(1);
    expect(observer.appended).toHaveBeenCalledWith([1], expect.any(Number));
    expect(observer.pending).toHaveBeenLastCalledWith(0);
  });

  test('a log that never answers: every request is answered in time, and what waited is not appended later', async () => {
    const { log, observer, batcher } = setUp();
    const states: Promise<void>[] = [];
    for (let i = 0; i < 4; i++) {
      states.push(batcher.add(many(1, i), origin));
      await jest.advanceTimersByTimeAsync(5);
    }
    const settled = Promise.allSettled(states);
    await jest.advanceTimersByTimeAsync(4_700);
    const reasons = (await settled).map((result) =>
      result.status === 'rejected' ? (result.reason as unknown) : undefined,
    );
    expect(reasons).toEqual(Array.from({ length: 4 }, () => expect.any(LogUnavailableError)));
    expect(log.appends).toHaveLength(2);
    log.appends[0]!.resolve();
    log.appends[1]!.reject(new LogUnavailableError('away'));
    await jest.advanceTimersByTimeAsync(10);
    expect(log.appends).toHaveLength(2);
    expect(observer.pending).toHaveBeenLastCalledWith(0);
    void batcher.add(many(1, 9), origin);
    await jest.advanceTimersByTimeAsync(5);
    expect(log.values(2)).toEqual({ [here.partition]: [9] });
  });
});

describe('back-pressure', () => {
  test('refuses at once what would exceed the bound, and takes it when there is room again', async () => {
    const { log, batcher } = setUp({ maxPendingBytes: 800 });
    const first = batcher.add(many(20), origin);
    await jest.advanceTimersByTimeAsync(5);
    expect(() => batcher.add(many(20), origin)).toThrow(LogOverloadedError);
    log.appends[0]!.resolve();
    expect(await stateOf(first)).toBe('resolved');
    const again = batcher.add(many(20), origin);
    await jest.advanceTimersByTimeAsync(5);
    log.appends[1]!.resolve();
    expect(await stateOf(again)).toBe('resolved');
    expect(log.values(1)).toEqual(log.values(0));
  });

  test('takes a request above the bound when it is the only one', async () => {
    const { log, batcher } = setUp({ maxPendingBytes: 10 });
    void batcher.add(many(20), origin);
    await jest.advanceTimersByTimeAsync(5);
    expect(log.appends).toHaveLength(1);
  });
});

describe('closing', () => {
  test('flushes at once, waits for the log, and takes nothing more', async () => {
    const { log, batcher } = setUp({ maxAppends: 1 });
    const first = batcher.add(many(1), origin);
    await jest.advanceTimersByTimeAsync(5);
    const second = batcher.add(many(1, 1), origin);
    const closing = batcher.close();
    expect(() => batcher.add(many(1), origin)).toThrow(LogUnavailableError);
    log.appends[0]!.resolve();
    expect(await stateOf(first)).toBe('resolved');
    expect(await stateOf(closing)).toBe('pending');
    log.appends[1]!.resolve();
    expect(await stateOf(second)).toBe('resolved');
    expect(await stateOf(closing)).toBe('resolved');
  });

  test('an idle batcher closes at once', async () => {
    const { batcher } = setUp();
    expect(await stateOf(batcher.close())).toBe('resolved');
  });
});
