import { expect, test } from '@jest/globals';
import {
  AlwaysOffSampler,
  InMemorySpanExporter,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { BatchSpans } from './batch-spans';
import { OtelTracer } from './otel/otel-tracer';

const contextOf = (digit: string, flags = '01') => ({
  traceparent: `00-${digit.repeat(32)}-${digit.repeat(16)}-${flags}`,
});
const consumer = { kind: 'consumer' } as const;

test('each trace has the step and what is below it; those of the first are linked with the others', () => {
  const exporter = new InMemorySpanExporter();
  const provider = new TracerProvider({ spanProcessors: [new SimpleSpanProcessor({ exporter })] });
  const tracer = new OtelTracer(provider.getTracer('test'));
  const contexts = [
    contextOf('a'),
    contextOf('b', '00'),
    contextOf('c'),
    { traceparent: 'nonsense' },
    contextOf('d'),
  ];
  const process = BatchSpans.begin(tracer, 'process', contexts, consumer)!;
  const write = process.child('write', { kind: 'client', attributes: { rows: 3 } });
  write.fail(new RangeError('secret'));
  write.end();
  process.end();
  const spans = exporter.getFinishedSpans().map((span) => ({
    name: span.name,
    trace: span.spanContext().traceId[0],
    id: span.spanContext().spanId,
    parent: span.parentSpanContext?.spanId,
    links: span.links.map(({ context }) => context.spanId),
    error: span.attributes['error.type'],
    message: span.status.message,
  }));
  const [writeA, writeC, writeD, processA, processC, processD] = spans;
  expect(spans).toEqual([
    { ...writeA!, name: 'write', trace: 'a', parent: processA!.id, links: [writeC!.id, writeD!.id] },
    { ...writeC!, name: 'write', trace: 'c', parent: processC!.id, links: [writeA!.id] },
    { ...writeD!, name: 'write', trace: 'd', parent: processD!.id, links: [writeA!.id] },
    {
      ...processA!,
      name: 'process',
      trace: 'a',
      parent: 'a'.repeat(16),
      links: ['c'.repeat(16), 'd'.repeat(16)],
    },
    { ...processC!, name: 'process', trace: 'c', parent: 'c'.repeat(16), links: [processA!.id] },
    { ...processD!, name: 'process', trace: 'd', parent: 'd'.repeat(16), links: [processA!.id] },
  ]);
  expect(writeA).toMatchObject({ error: 'RangeError', message: undefined });
  expect(process.contexts.map(({ traceparent }) => traceparent)).toEqual(
    [processA, processC, processD].map((span) => `00-${span!.trace!.repeat(32)}-${span!.id}-01`),
  );
});

test('a sampler of the service has the last word', () => {
  const tracer = new OtelTracer(new TracerProvider({ sampler: new AlwaysOffSampler() }).getTracer('test'));
  expect(BatchSpans.begin(tracer, 'process', [contextOf('a')], consumer)).toBeUndefined();
});
