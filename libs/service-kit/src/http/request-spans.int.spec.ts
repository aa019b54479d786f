/** A service that is traced. In int because it listens; the database is away. */
import { Controller, Get, Inject, Logger, Module, Param } from '@nestjs/common';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { TraceCollector, waitFor } from '@tidewatch/testing';
import { Tracing } from '@tidewatch/tracing';
import { connect } from 'node:net';
import { pino } from 'pino';
import { z } from 'zod';
import { commonConfig } from '../config/common-config';
import { parseConfig } from '../config/parse-config';
import { createService, type RunningService } from '../lifecycle/create-service';
import { defineService } from '../service-definition';

const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const CALLER = '00f067aa0ba902b7';
const FOLLOWED = { traceparent: `00-${TRACE}-${CALLER}-01` };

@Controller('things')
class ThingsController {
  private readonly logger = new Logger('things');
  private release = (): void => undefined;

  constructor(@Inject(Tracing) readonly tracing: Tracing) {}

  @Get('endless')
  async endless(): Promise<void> {
    await new Promise<void>((resolve) => (this.release = resolve));
  }

  @Get('broken')
  broken(): never {
    this.release();
    throw new TypeError('a defect');
  }

  @Get(':id')
  one(@Param('id') id: string): string {
    this.logger.log('looking');
    return id;
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const definition = defineService({
  name: 'things',
  description: 'Test.',
  port: 0,
  config: z.object(commonConfig),
});

let lines: Record<string, unknown>[];
async function start(environment: Record<string, string>): Promise<RunningService> {
  lines = [];
  const config = parseConfig(definition.config, {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
    SESSION_KEY: 'x'.repeat(32),
    ...environment,
  });
  const write = (line: string) => void lines.push(JSON.parse(line) as Record<string, unknown>);
  return createService(definition, config, () => ThingsModule, {
    logger: pino({ level: 'info' }, { write }),
  });
}

describe('with a collector', () => {
  let collector: TraceCollector;
  let service: RunningService;
  beforeEach(async () => {
    collector = await TraceCollector.start();
    service = await start({
      OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20token',
      OTEL_TRACES_SAMPLER: 'parentbased_always_off',
    });
  });
  afterEach(async () => {
    await service.stop();
    await collector.stop();
  });
  const call = (path: string, headers: Record<string, string> = FOLLOWED) =>
    fetch(new URL(path, service.url), { headers });

  test('a request that the caller traces is a span of that trace, and its log lines lead there', async () => {
    expect((await call('/things/7')).status).toBe(200);
    // What has ended is sent before the service has stopped.
    await service.stop();
    const { spanId, ...span } = await collector.spanOf('GET /things/:id');
    expect(span).toMatchObject({
      service: 'tidewatch-things',
      traceId: TRACE,
      parentSpanId: CALLER,
      kind: 'server',
      hasFailed: false,
      attributes: {
        'http.request.method': 'GET',
        'http.route': '/things/:id',
        'http.response.status_code': 200,
        'url.scheme': 'http',
      },
    });
    expect(collector.headers[0]).toMatchObject({ authorization: 'Bearer token' });
    const trace = { trace_id: TRACE, span_id: spanId };
    expect(lines.find(({ msg }) => msg === 'request')).toMatchObject(trace);
    expect(lines.find(({ msg }) => msg === 'looking')).toMatchObject(trace);
  });

  test('what is not sampled, not valid, or only a probe is no span', async () => {
    await call('/things/1', {});
    await call('/things/2', { traceparent: FOLLOWED.traceparent.replace(/01$/, '00') });
    await call('/things/3', { traceparent: 'nonsense' });
    await call('/livez');
    await call('/metrics');
    await call('/things/4');
    await service.stop();
    expect(collector.spans.map(({ name }) => name)).toEqual(['GET /things/:id']);
    expect(lines.filter((line) => 'trace_id' in line && line['msg'] === 'request')).toHaveLength(1);
  });

  test('a defect fails the span, a refusal does not; a client that hangs up is told', async () => {
    await call('/things/broken');
    await call('/nothing/here');
    const socket = connect(Number(new URL(service.url).port), '127.0.0.1');
    socket.write(`GET /things/endless HTTP/1.1\r\nhost: x\r\ntraceparent: ${FOLLOWED.traceparent}\r\n\r\n`);
    await waitFor('the connection', () => socket.bytesWritten > 0);
    setTimeout(() => socket.destroy(), 100);
    const left = await collector.spanOf('GET /things/endless');
    expect(left).toMatchObject({ hasFailed: true, attributes: { 'error.type': 'client-closed' } });
    await call('/things/broken');
    expect(await collector.spanOf('GET /things/broken')).toMatchObject({
      hasFailed: true,
      attributes: { 'http.response.status_code': 500, 'error.type': '500' },
    });
    const unknown = await collector.spanOf('GET');
    expect(unknown).toMatchObject({ hasFailed: false, attributes: { 'http.response.status_code': 404 } });
    expect(lines.find(({ msg }) => msg === 'request failed')).toMatchObject({ trace_id: TRACE });
  });
});

test('a collector that is away slows nothing, fails nothing, and is told of once', async () => {
  const collector = await TraceCollector.start();
  const { endpoint } = collector;
  await collector.stop();
  const service = await start({
    OTEL_EXPORTER_OTLP_ENDPOINT: endpoint,
    OTEL_TRACES_SAMPLER: 'always_on',
  });
  for (let i = 0; i < 50; i++) expect((await fetch(`${service.url}/things/${i}`)).status).toBe(200);
  const startedAt = performance.now();
  expect(await service.stop()).toBe(0);
  expect(performance.now() - startedAt).toBeLessThan(6_000);
  expect(lines.map(({ msg }) => String(msg)).filter((text) => text.startsWith('traces'))).toEqual([
    `traces of always_on go to ${endpoint}/v1/traces`,
    'traces cannot be sent, and are dropped until the collector takes them: ECONNREFUSED',
  ]);
});

test('without an endpoint a request has no span, and no header of the caller is touched', async () => {
  const service = await start({ OTEL_TRACES_SAMPLER: 'always_on' });
  expect(service.app.get(Tracing).tracer).toBeUndefined();
  expect((await fetch(`${service.url}/things/1`, { headers: FOLLOWED })).status).toBe(200);
  await service.stop();
  expect(lines.filter((line) => 'trace_id' in line)).toEqual([]);
});
