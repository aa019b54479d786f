import { Body, Controller, Get, HttpCode, Module, Param, Post, type DynamicModule } from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import { createZodDto } from 'nestjs-zod';
import { connect } from 'node:net';
import { pino } from 'pino';
import { z } from 'zod';
import { commonConfig } from '../config/common-config';
import { parseConfig } from '../config/parse-config';
import { Readiness } from '../health/readiness';
import { defineService } from '../service-definition';
import { createService, type RunningService } from './create-service';

class Thing extends createZodDto(
  z.strictObject({ 'a/b': z.number(), list: z.array(z.string()).optional() }),
) {}

class LogUnavailableError extends Error {
  override readonly name = 'LogUnavailableError';
}

const FAULTS: Record<string, () => Error> = {
  problem: () => new ProblemError(409, PROBLEM_CODES.conflict, 'taken'),
  log: () => new LogUnavailableError('broker at 10.1.2.3 is away'),
  database: () => Object.assign(new Error('connect ECONNREFUSED 10.1.2.3:5432'), { code: 'ECONNREFUSED' }),
  defect: () => new TypeError('secret is undefined'),
};

@Controller('things')
class ThingsController {
  constructor(private readonly readiness: Readiness) {}

  @Get('faults/:kind')
  fail(@Param('kind') kind: string): never {
    throw FAULTS[kind]!();
  }

  @Post()
  @HttpCode(200)
  create(@Body() thing: Thing): unknown {
    return thing;
  }

  @Post('break')
  breakDown(): void {
    this.readiness.add('broker', () => Promise.reject(new Error('away')));
  }
}

@Module({ controllers: [ThingsController] })
class ThingsModule {}

const definition = defineService({
  name: 'things',
  description: 'A service for tests.',
  port: 0,
  bodyLimit: 1_000,
  config: z.object(commonConfig),
});
const environment = {
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  SESSION_KEY: 'x'.repeat(32),
};

async function start(
  requestContext: boolean,
): Promise<{ service: RunningService; lines: () => Record<string, unknown>[] }> {
  const written: string[] = [];
  const logger = pino({ level: 'info' }, { write: (line: string) => void written.push(line) });
  const module: DynamicModule = { module: ThingsModule };
  const service = await createService(
    { ...definition, requestContext },
    parseConfig(definition.config, environment),
    () => module,
    { logger },
  );
  return { service, lines: () => written.map((line) => JSON.parse(line) as Record<string, unknown>) };
}

describe.each([true, false])('a service with request context %s', (requestContext) => {
  let started: Awaited<ReturnType<typeof start>>;
  beforeAll(async () => {
    started = await start(requestContext);
  });
  afterAll(async () => {
    await started.service.stop();
  });
  const call = (path: string, init?: RequestInit) => fetch(new URL(path, started.service.url), init);
  const post = (body: string, type = 'application/json') =>
    call('/things', { method: 'POST', headers: { 'content-type': type }, body });

  test.each([
    { kind: 'problem', status: 409, code: 'conflict', detail: 'taken', retryAfter: null },
    {
      kind: 'log',
      status: 503,
      code: 'unavailable',
      detail: 'The message log is not available.',
      retryAfter: '2',
    },
    {
      kind: 'database',
      status: 503,
      code: 'unavailable',
      detail: 'The database is not available.',
      retryAfter: '2',
    },
    {
      kind: 'defect',
      status: 500,
      code: 'internal',
      detail: 'Something went wrong on our side.',
      retryAfter: null,
    },
  ])('answers a thrown $kind as a problem', async ({ kind, status, code, detail, retryAfter }) => {
    const answer = await call(`/things/faults/${kind}`, { headers: { 'x-request-id': 'abc-1' } });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    expect(answer.headers.get('retry-after')).toBe(retryAfter);
    expect(await answer.json()).toMatchObject({
      type: `urn:tidewatch:problem:${code}`,
      status,
      detail,
      requestId: 'abc-1',
    });
  });

  test.each([
    ['not JSON', () => post('{"a/b":'), 400, 'malformed-body'],
    ['nothing as JSON', () => post(''), 400, 'malformed-body'],
    ['a type it does not know', () => post('<a/>', 'text/xml'), 415, 'unsupported-media-type'],
    ['too much', () => post(`{"x":"${'y'.repeat(2_000)}"}`), 413, 'payload-too-large'],
    ['an unknown path', () => call('/nowhere'), 404, 'not-found'],
    ['another method', () => call('/things', { method: 'DELETE' }), 405, 'method-not-allowed'],
    ['a path that cannot be decoded', () => call('/things/%zz'), 400, 'invalid-request'],
  ])('answers %s as a problem', async (_name, request, status, code) => {
    const answer = await request();
    expect(await answer.json()).toMatchObject({ status, type: `urn:tidewatch:problem:${code}` });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    if (status === 405) expect(answer.headers.get('allow')).toBe('POST');
  });

  test('names the faults of a body by JSON pointer', async () => {
    const answer = await post(JSON.stringify({ 'a/b': 'x', list: ['ok', 1] }));
    expect(answer.status).toBe(400);
    const { errors } = (await answer.json()) as { errors: { pointer: string }[] };
    expect(errors.map(({ pointer }) => pointer)).toEqual(['/a~1b', '/list/1']);
  });

  test('answers what is not HTTP with a problem', async () => {
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(started.service.url).port), '127.0.0.1', () =>
        socket.end('hello\r\n\r\n'),
      );
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1.1 400 Bad Request\r\ncontent-type: application\/problem\+json/);
  });

  test('takes a sane request id and replaces any other', async () => {
    const idOf = async (id: string) =>
      (await call('/livez', { headers: { 'x-request-id': id } })).headers.get('x-request-id');
    expect(await idOf('device-7:42')).toBe('device-7:42');
    expect(await idOf('a b')).toMatch(/^[0-9a-f-]{36}$/);
    expect(await idOf('x'.repeat(129))).toMatch(/^[0-9a-f-]{36}$/);
  });

  test('counts durations by route template', async () => {
    await post('{"a/b":1}');
    const text = await (await call('/metrics')).text();
    expect(text).toContain(
      'tidewatch_http_request_duration_seconds_count{method="POST",route="/things",status="200"}',
    );
    expect(text).toContain('route="/things/faults/:kind"');
    expect(text).toContain('process_cpu_user_seconds_total');
  });

  test('logs a request with its id and without its query, and no probes', async () => {
    await call('/things/faults/problem?token=hidden', { headers: { 'x-request-id': 'logged' } });
    await call('/livez');
    const requests = started.lines().filter((line) => line['msg'] === 'request');
    const last = requests.at(-1);
    expect(last).toMatchObject({
      requestId: 'logged',
      method: 'GET',
      path: '/things/faults/problem',
      status: 409,
    });
    expect(JSON.stringify(started.lines())).not.toContain('hidden');
  });

  test('describes itself as OpenAPI 3.1', async () => {
    const document = (await (await call('/openapi.json')).json()) as { openapi: string; paths: object };
    expect(document.openapi).toBe('3.1.0');
    expect(Object.keys(document.paths)).toEqual(['/things/faults/{kind}', '/things', '/things/break']);
  });

  test('is ready until a check fails, and always alive', async () => {
    expect((await call('/readyz')).status).toBe(200);
    await call('/things/break', { method: 'POST' });
    const answer = await call('/readyz');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({
      status: 'error',
      details: { broker: { status: 'down', message: 'away' } },
    });
    expect((await call('/livez')).status).toBe(200);
  });
});
