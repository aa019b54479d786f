import { afterAll, beforeAll, beforeEach, expect, test } from '@jest/globals';
import { createApiKey } from '@tidewatch/auth';
import { TraceCollector } from '@tidewatch/testing';
import { startGateway, type GatewayBench } from '../testing/start-gateway';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const traceparent = `00-${TRACE}-${CALLER}-01`;

let collector: TraceCollector;
let bench: GatewayBench;
let key: string;
beforeAll(async () => {
  collector = await TraceCollector.start();
  bench = await startGateway({
    OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
    OTEL_TRACES_SAMPLER_ARG: '0',
  });
  ({ key } = await createApiKey(bench.database.pool, { name: 'device', scopes: ['ingest'] }));
});
beforeEach(() => void collector.spans.splice(0));
afterAll(async () => {
  await bench.stop();
  await collector.stop();
});

const post = (headers: Record<string, string>) =>
  bench.call('/v1/readings', { method: 'POST', body: '{}', headers: { 'x-api-key': key, ...headers } });

test('the service behind continues the step of the gateway, which is below that of the caller', async () => {
  expect((await post({ traceparent, tracestate: 'vendor=1' })).status).toBe(200);
  const client = await collector.spanOf('POST', TRACE);
  const server = await collector.spanOf('POST /v1/readings', TRACE);
  expect(server).toMatchObject({ parentSpanId: CALLER, kind: 'server', service: 'tidewatch-gateway' });
  expect(client).toMatchObject({
    parentSpanId: server.spanId,
    kind: 'client',
    attributes: {
      'http.response.status_code': 200,
      'server.address': '127.0.0.1',
      'server.port': Number(new URL(bench.ingestion.url).port),
    },
  });
  expect(bench.ingestion.seen.at(-1)!.headers).toMatchObject({
    traceparent: `00-${TRACE}-${client.spanId}-01`,
    tracestate: 'vendor=1',
  });
});

test('that a request is not sampled is told, so that the next service does not decide again', async () => {
  await post({});
  await post({ traceparent: 'nonsense', tracestate: 'vendor=1' });
  const [none, invalid] = bench.ingestion.seen.slice(-2).map(({ headers }) => headers);
  for (const headers of [none, invalid]) {
    expect(headers!['traceparent']).toMatch(/^00-[0-9a-f]{32}-[0-9a-f]{16}-00$/);
    expect(headers).not.toHaveProperty('tracestate');
  }
});

test('a service that does not answer fails the step', async () => {
  bench.ingestion.answer = (_request, reply) => reply.destroy();
  expect((await post({ traceparent })).status).toBe(503);
  expect(await collector.spanOf('POST', TRACE)).toMatchObject({
    hasFailed: true,
    attributes: { 'error.type': 'no-answer' },
  });
  expect(await collector.spanOf('POST /v1/readings', TRACE)).toMatchObject({ hasFailed: true });
});

test('without tracing the headers pass as they are', async () => {
  const other = await startGateway();
  const device = await createApiKey(other.database.pool, { name: 'device', scopes: ['ingest'] });
  await other.call('/v1/readings', {
    method: 'POST',
    body: '{}',
    headers: { 'x-api-key': device.key, traceparent, tracestate: 'vendor=1' },
  });
  expect(other.ingestion.seen.at(-1)!.headers).toMatchObject({ traceparent, tracestate: 'vendor=1' });
  await other.stop();
});
