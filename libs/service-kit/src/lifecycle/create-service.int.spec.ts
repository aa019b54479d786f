import {
  Body,
  Controller,
  Get,
  HttpCode,
  Inject,
  Module,
  Param,
  Post,
  type DynamicModule,
} from '@nestjs/common';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import { createZodDto } from 'nestjs-zod';
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import type { Pool } from 'pg';
import { pino } from 'pino';
import { z } from 'zod';
import { commonConfig } from '../config/common-config';
import { parseConfig } from '../config/parse-config';
import { Readiness } from '../health/readiness';
import { defineService } from '../service-definition';
import { PG_POOL } from '../tokens';
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
  constructor(
    private readonly readiness: Readiness,
    @Inject(PG_POOL) private readonly pool: Pool,
  ) {}

  @Get('stored')
  async stored(): Promise<unknown> {
    return (await this.pool.query('SELECT 1')).rows;
  }

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
    [
      'an unknown path with a body',
      () => call('/nowhere', { method: 'POST', body: '<a/>' }),
      404,
      'not-found',
    ],
    ['another method', () => call('/things', { method: 'DELETE' }), 405, 'method-not-allowed'],
    [
      'another method with too much',
      () => call('/things', { method: 'PUT', body: 'y'.repeat(2_000) }),
      405,
      'method-not-allowed',
    ],
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

  /** Sends bytes over a connection of its own; resolves to what came back when the connection is closed. */
  const raw = (bytes: string) =>
    new Promise<string>((resolve, reject) => {
      const socket = connect(Number(new URL(started.service.url).port), '127.0.0.1', () => socket.end(bytes));
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });

  test.each([
    [
      'a wish for a tunnel',
      'CONNECT db.example:5432 HTTP/1.1\r\nhost: db.example:5432\r\n\r\n',
      '400 Bad Request',
    ],
    ['what is not HTTP', 'hello\r\n\r\n', '400 Bad Request'],
    [
      'a body of two lengths',
      'POST /things HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n',
      '400 Bad Request',
    ],
    [
      'an address that is too long',
      `GET /${'x'.repeat(20_000)} HTTP/1.1\r\nhost: x\r\n\r\n`,
      '431 Request Header Fields Too Large',
    ],
    [
      'too much of headers',
      `GET /livez HTTP/1.1\r\nhost: x\r\nx: ${'y'.repeat(20_000)}\r\n\r\n`,
      '431 Request Header Fields Too Large',
    ],
    ['a request for no host', 'GET /livez HTTP/1.1\r\nconnection: close\r\n\r\n', '400 Bad Request'],
  ])('answers %s with a problem', async (_name, bytes, status) => {
    const [head = '', body = ''] = (await raw(bytes)).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1.1 ${status}\r\n[^]*content-type: application/problem\\+json`));
    expect(JSON.parse(body)).toMatchObject({ status: Number(status.slice(0, 3)) });
  });

  /** As many clients do: the whole request first, and only then the answer. */
  const sendThenRead = async (bytes: string): Promise<string> => {
    const socket = connect(Number(new URL(started.service.url).port), '127.0.0.1').pause();
    await once(socket, 'connect');
    const failed = new Promise<never>((_, reject) => socket.on('error', reject));
    const send = async (): Promise<string> => {
      for (let at = 0; at < bytes.length; at += 100_000) {
        await new Promise((sent) => socket.write(bytes.slice(at, at + 100_000), sent));
        await setImmediate();
      }
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString())).resume();
      await once(socket, 'close');
      return text;
    };
    return Promise.race([failed, send()]);
  };

  test('a refusal can be read by a client that sends its request to the end, and wants no other', async () => {
    const head = ['POST /things HTTP/1.1', 'host: x', 'connection: close', 'content-type: application/json'];
    const bytes = `${head.join('\r\n')}\r\ncontent-length: 3000000\r\n\r\n${' '.repeat(3_000_000)}`;
    for (let i = 0; i < 5; i += 1) {
      const [answer = '', body = ''] = (await sendThenRead(bytes)).split('\r\n\r\n');
      expect(answer).toMatch(/^HTTP\/1.1 413 /);
      expect(JSON.parse(body)).toMatchObject({ status: 413 });
    }
  });

  test('a client that goes on sending for ever is not listened to for ever', async () => {
    const head = ['POST /things HTTP/1.1', 'host: x', 'connection: close', 'content-type: application/json'];
    const socket = connect(Number(new URL(started.service.url).port), '127.0.0.1');
    socket.on('error', () => undefined).resume();
    socket.write(`${head.join('\r\n')}\r\ncontent-length: 900000000\r\n\r\n`);
    const drip = setInterval(() => socket.write(' '), 50);
    await once(socket, 'close');
    clearInterval(drip);
  });

  test('does not mind an expectation that it does not know', async () => {
    const answer = await raw('GET /livez HTTP/1.1\r\nhost: x\r\nexpect: tea\r\nconnection: close\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1.1 200 OK\r\n/);
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
    expect(document).toMatchObject({
      openapi: '3.1.0',
      security: [{ apiKey: [] }, { bearer: [] }, { session: [] }],
      components: { schemas: { Problem: { type: 'object', required: ['type', 'title', 'status'] } } },
      paths: {
        '/things': { post: { responses: { default: { content: { 'application/problem+json': {} } } } } },
      },
    });
    expect(Object.keys(document.paths)).toEqual([
      '/things/stored',
      '/things/faults/{kind}',
      '/things',
      '/things/break',
    ]);
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
    const started = await call('/startz');
    expect([started.status, await started.json()]).toEqual([200, { status: 'started' }]);
  });
});

test('a database that does not answer keeps no request waiting for good', async () => {
  const connections = new Set<Socket>();
  const database = createServer((socket) => {
    connections.add(socket);
    // "You are in", "ask away", and then not another word.
    socket.once('data', () => socket.write(Buffer.from('520000000800000000' + '5a0000000549', 'hex')));
  });
  await once(database.listen(0, '127.0.0.1'), 'listening');
  const { port } = database.address() as AddressInfo;
  const service = await createService(
    { ...definition, statementTimeoutMs: 100 },
    parseConfig(definition.config, { ...environment, DATABASE_URL: `postgres://a:b@127.0.0.1:${port}/c` }),
    () => ThingsModule,
    { logger: pino({ level: 'silent' }) },
  );
  try {
    const answer = await fetch(new URL('/things/stored', service.url), {
      signal: AbortSignal.timeout(10_000),
    });
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ detail: 'The database is not available.' });
  } finally {
    for (const socket of connections) socket.destroy();
    database.close();
    await service.stop();
  }
});
