import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import {
  InMemorySpanExporter,
  type ReadableSpan,
  SimpleSpanProcessor,
  TracerProvider,
} from '@opentelemetry/sdk-trace';
import { TraceCollector, waitFor } from '@tidewatch/testing';
import { OtlpSender } from './otlp-sender';

const inMemory = new InMemorySpanExporter();
const tracer = new TracerProvider({
  spanProcessors: [new SimpleSpanProcessor({ exporter: inMemory })],
}).getTracer('test');
tracer.startSpan('x', { attributes: { text: 'ü', whole: 3, fraction: 0.5, yes: true } }).end();
const spans: ReadableSpan[] = inMemory.getFinishedSpans();

let collector: TraceCollector;
beforeEach(async () => {
  collector = await TraceCollector.start();
});
afterEach(() => collector.stop());

const send = (sender: OtlpSender) => new Promise<ExportResult>((resolve) => sender.export(spans, resolve));
const sender = (path = '/v1/traces') => new OtlpSender(`${collector.endpoint}${path}`, { 'x-tenant': 'a' });

test('spans arrive as they are', async () => {
  expect(await send(sender())).toEqual({ code: ExportResultCode.SUCCESS });
  expect(collector.spans).toMatchObject([
    { name: 'x', attributes: { text: 'ü', whole: 3, fraction: 0.5, yes: true } },
  ]);
  expect(collector.headers).toMatchObject([{ 'x-tenant': 'a', 'content-type': 'application/x-protobuf' }]);
});

test('a collector that is busy gets them again, one that refuses them does not', async () => {
  collector.status = 503;
  const sending = send(sender());
  await waitFor('the first try', () => collector.headers.length > 0);
  collector.status = 200;
  expect(await sending).toEqual({ code: ExportResultCode.SUCCESS });
  expect(collector.headers).toHaveLength(2);
  collector.status = 400;
  expect(await send(sender())).toMatchObject({ error: { message: 'the collector answers 400' } });
  expect(collector.headers).toHaveLength(3);
  expect(await send(sender('/elsewhere'))).toMatchObject({ error: { message: 'the collector answers 404' } });
});

test('one that is away is tried until the deadline, and once when the process ends', async () => {
  const away = sender();
  await collector.stop();
  const sending = send(away);
  const startedAt = performance.now();
  away.tryOnce();
  const refused = { code: ExportResultCode.FAILED, error: { message: 'ECONNREFUSED' } };
  expect(await sending).toMatchObject(refused);
  expect(await send(away)).toMatchObject(refused);
  expect(performance.now() - startedAt).toBeLessThan(4_000);
});
