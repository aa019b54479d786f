import { describe, expect, jest, test } from '@jest/globals';
import { TracerProvider } from '@opentelemetry/sdk-trace';
import * as fc from 'fast-check';
import { BatchSpans } from './batch-spans';
import { OtelTracer } from './otel/otel-tracer';
import { contextsOf, recordHeaders } from './record-headers';
import { traceFields, type TraceContext } from './tracer';
import { Tracing } from './tracing';

jest.mock('./otel/start-export', () => {
  throw new Error('the packages of OpenTelemetry were loaded');
});

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const SPAN = '00f067aa0ba902b7';
const SAMPLED = `00-${TRACE}-${SPAN}-01`;
const server = { kind: 'server' } as const;
const tracer = new OtelTracer(new TracerProvider().getTracer('test'));

test('without an endpoint nothing is loaded and there is no tracer', async () => {
  const logger = { info: jest.fn(), warn: jest.fn() };
  const off = Tracing.start(undefined, logger);
  expect(off.tracer).toBeUndefined();
  await off.stop();
  const settings = {
    serviceName: 's',
    url: 'http://x',
    headers: {},
    sampler: 'always_on',
    ratio: 1,
  } as const;
  expect(() => Tracing.start(settings, logger)).toThrow('were loaded');
});

describe('a context from outside', () => {
  test.each([
    [{ traceparent: SAMPLED }, TRACE],
    [{ traceparent: SAMPLED, tracestate: 'vendor=1' }, TRACE],
    // A later version may say more.
    [{ traceparent: `cc-${TRACE}-${SPAN}-01-more` }, TRACE],
  ])('%j is followed', (headers, traceId) => {
    const span = tracer.begin('x', headers, server);
    expect(span).toMatchObject({ traceId, isSampled: true });
    expect(span.spanId).not.toBe(SPAN);
    expect(span.context).toEqual({ ...headers, traceparent: `00-${TRACE}-${span.spanId}-01` });
    expect(traceFields(span)).toEqual({ trace_id: TRACE, span_id: span.spanId });
  });

  test('which is not sampled is followed, too, and handed on', () => {
    const span = tracer.begin('x', { traceparent: `00-${TRACE}-${SPAN}-00` }, server);
    expect(span).toMatchObject({ traceId: TRACE, isSampled: false });
    expect(span.context.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-00$`));
    expect(span.child('y', server).context).toEqual(span.context);
    expect(traceFields(span)).toEqual({});
  });

  test.each([
    '',
    'nonsense',
    SAMPLED.toUpperCase(),
    `00-${'0'.repeat(32)}-${SPAN}-01`,
    `00-${TRACE}-${'0'.repeat(16)}-01`,
    `ff-${TRACE}-${SPAN}-01`,
    `00-${TRACE}-${SPAN}-01-more`,
    `00-${TRACE}-${SPAN}`,
    `${SAMPLED}, ${SAMPLED}`,
  ])('%j is ignored, with its state', (traceparent) => {
    const span = tracer.begin('x', { traceparent, tracestate: 'vendor=1' }, server);
    expect(span.traceId).not.toBe(TRACE);
    expect(span.traceId).toMatch(/^[0-9a-f]{32}$/);
    expect(span.context).toEqual({ traceparent: `00-${span.traceId}-${span.spanId}-01` });
  });

  test('whatever it is, there is a valid one afterwards', () => {
    fc.assert(
      fc.property(fc.string(), fc.string(), (traceparent, tracestate) => {
        const { context } = tracer.begin('x', { traceparent, tracestate }, server);
        expect(context.traceparent).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]$/);
      }),
    );
  });
});

const hex = (length: number) =>
  fc
    .array(fc.constantFrom('0', '1', '2', '4', '8', '9', 'a', 'b', 'c', 'd', 'e', 'f'), {
      minLength: length,
      maxLength: length,
    })
    .map((digits) => digits.join(''))
    .filter((text) => /[1-9a-f]/.test(text));
const contexts = fc.uniqueArray(
  fc
    .tuple(hex(32), hex(16))
    .map(([trace, span]): TraceContext => ({ traceparent: `00-${trace}-${span}-01` })),
  { selector: ({ traceparent }) => traceparent, maxLength: 30 },
);

describe('headers of records', () => {
  test('name the first eight traces, and give them back', () => {
    fc.assert(
      fc.property(contexts, (given) => {
        expect(contextsOf([{ headers: recordHeaders(given) }])).toEqual(given.slice(0, 8));
      }),
    );
  });

  test('of many records are bounded, each trace once, the first with its state', () => {
    const one = { traceparent: SAMPLED, tracestate: 'vendor=1' };
    expect(
      contextsOf([{ headers: {} }, { headers: recordHeaders([one]) }, { headers: recordHeaders([one]) }]),
    ).toEqual([one]);
    fc.assert(
      fc.property(fc.array(contexts, { maxLength: 10 }), (records) => {
        const found = contextsOf(records.map((given) => ({ headers: recordHeaders(given) })));
        expect(found.length).toBeLessThanOrEqual(16);
        expect(new Set(found.map(({ traceparent }) => traceparent)).size).toBe(found.length);
        expect(found.length).toBeGreaterThanOrEqual(Math.min(16, Math.min(8, records[0]?.length ?? 0)));
      }),
    );
  });

  test('that are no list of contexts name nothing that a tracer follows', () => {
    const headers = { traceparent: 'x', 'further-traceparents': ',,nonsense,' };
    const found = contextsOf([{ headers }]);
    expect(BatchSpans.begin(tracer, 'x', found, { kind: 'consumer' })?.contexts ?? []).toEqual([]);
  });
});
