import { beforeEach, describe, expect, test } from '@jest/globals';
import type { Span, SpanOptions, TraceContext, Tracer } from '@tidewatch/tracing';
import type { PartitionClaim } from '../port/checkpoints';
import type { LogBatch, LogConsumer, MessageLog, Subscription, Tail } from '../port/log';
import { TracedLog } from './traced-log';

interface Noted extends SpanOptions {
  readonly name: string;
  readonly from: string;
  readonly failures: unknown[];
  ended: number;
}

/** Follows every context, and notes what becomes of the spans. */
class NotingTracer implements Tracer {
  readonly noted: Noted[] = [];

  begin(): Span {
    throw new Error('a record begins no trace');
  }

  follow(name: string, { traceparent }: TraceContext, options: SpanOptions): Span {
    const noted: Noted = { name, from: traceparent, ...options, failures: [], ended: 0 };
    this.noted.push(noted);
    return {
      traceId: 't',
      spanId: 's',
      isSampled: true,
      context: { traceparent: `below ${traceparent}` },
      child: () => this.begin(),
      link: () => undefined,
      set: () => undefined,
      fail: (reason) => void noted.failures.push(reason),
      end: () => void (noted.ended += 1),
    };
  }
}

function headersOf(traceparent: string): Record<string, string> {
  return traceparent === '' ? {} : { traceparent };
}

const batchOf = (...traceparents: string[]): LogBatch => ({
  topic: 'readings.v1',
  partition: 3,
  records: traceparents.map((traceparent, i) => ({
    offset: BigInt(i),
    key: '',
    value: new Uint8Array(),
    headers: headersOf(traceparent),
    appendedAtMs: 0,
  })),
  nextOffset: 9n,
  highWatermark: 9n,
});
const claim = {} as PartitionClaim;

let tracer: NotingTracer;
let handed: { consume?: Subscription; tail?: Tail };
let log: TracedLog;
beforeEach(() => {
  tracer = new NotingTracer();
  handed = {};
  const inner: Partial<MessageLog> = {
    consume: (consume) => ((handed.consume = consume), {} as LogConsumer),
    tail: (tail) => ((handed.tail = tail), {} as LogConsumer),
  };
  log = new TracedLog(inner as MessageLog, tracer, 'postgres');
});

describe('a handler', () => {
  let seen: LogBatch[];
  let fault: Error | undefined;
  let ticks: number;
  const open = async () => {
    log.consume({
      consumer: 'storage',
      topic: 'readings.v1',
      minBatchBytes: 7,
      open: () =>
        Promise.resolve({
          handle: (batch) => {
            seen.push(batch);
            return fault ? Promise.reject(fault) : Promise.resolve();
          },
          tick: () => Promise.resolve(void (ticks += 1)),
          close: () => Promise.resolve(),
        }),
    });
    return handed.consume!.open(claim);
  };
  beforeEach(() => {
    seen = [];
    fault = undefined;
    ticks = 0;
  });

  test('gets the spans of its batch, which end with it', async () => {
    const handler = await open();
    expect(handed.consume).toMatchObject({ consumer: 'storage', topic: 'readings.v1', minBatchBytes: 7 });
    await handler.handle(batchOf('a', '', 'b', 'a'));
    expect(seen[0]!.spans!.contexts).toEqual([{ traceparent: 'below a' }, { traceparent: 'below b' }]);
    expect(tracer.noted).toMatchObject([
      { name: 'process readings.v1', kind: 'consumer', from: 'a', ended: 1, failures: [] },
      { name: 'process readings.v1', kind: 'consumer', from: 'b', ended: 1, failures: [] },
    ]);
    expect(tracer.noted[0]!.attributes).toEqual({
      'messaging.system': 'postgresql',
      'messaging.operation.name': 'process',
      'messaging.operation.type': 'process',
      'messaging.destination.name': 'readings.v1',
      'messaging.destination.partition.id': '3',
      'messaging.consumer.group.name': 'storage',
      'messaging.batch.message_count': 4,
    });
  });

  test('gets a batch without traces as it is', async () => {
    const batch = batchOf('', '');
    await (await open()).handle(batch);
    expect(seen[0]).toBe(batch);
    expect(tracer.noted).toEqual([]);
  });

  test('fails as it fails, and its spans with it', async () => {
    fault = new TypeError('x');
    await expect((await open()).handle(batchOf('a'))).rejects.toBe(fault);
    expect(tracer.noted).toMatchObject([{ ended: 1, failures: [fault] }]);
  });

  test('is ticked', async () => {
    await (
      await open()
    ).tick!();
    expect(ticks).toBe(1);
  });
});

describe('a tail', () => {
  const tail = (sinceMs: number): Tail => ({
    name: 'live',
    topics: ['readings.v1'],
    sinceMs,
    handle: () => undefined,
  });

  test('from now on is part of the traces', async () => {
    log.tail(tail(0));
    await handed.tail!.handle(batchOf('a'));
    expect(tracer.noted).toMatchObject([
      { from: 'a', ended: 1, attributes: { 'messaging.consumer.group.name': 'live' } },
    ]);
  });

  test('of the past is not', () => {
    const past = tail(1_000);
    log.tail(past);
    expect(handed.tail).toBe(past);
  });
});
