import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { createApiKey } from '@tidewatch/auth';
import { randomBytes } from 'node:crypto';
import { waitFor } from '@tidewatch/testing';
import { createServer, request as httpRequest, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { startGateway, type GatewayBench } from '../testing/start-gateway';

let bench: GatewayBench;
let ingest: string;
beforeAll(async () => {
  bench = await startGateway({ UPSTREAM_TIMEOUT_MS: '400' });
  ({ key: ingest } = await createApiKey(bench.database.pool, { name: 'device', scopes: ['ingest'] }));
});
afterAll(() => bench.stop());

const post = (body: RequestInit['body'] & {}, headers: Record<string, string> = {}) =>
  bench.call('/v1/readings?partial=true', {
    method: 'POST',
    body,
    headers: { 'x-api-key': ingest, 'content-type': 'application/json', ...headers },
    duplex: 'half',
  });

describe('what is passed on', () => {
  test('a body arrives byte for byte with the credential, the query and where it comes from', async () => {
    const body = randomBytes(3_000_000);
    const answer = await post(body, {
      'x-forwarded-for': '6.6.6.6',
      'x-request-id': 'from-device',
      connection: 'keep-alive',
    });
    expect(await answer.json()).toEqual({ from: 'ingestion' });
    const seen = bench.ingestion.seen.at(-1)!;
    expect(seen.url).toBe('/v1/readings?partial=true');
    expect(seen.body.equals(body)).toBe(true);
    expect(seen.headers).toMatchObject({
      'x-api-key': ingest,
      'content-type': 'application/json',
      'content-length': '3000000',
      'x-forwarded-for': '127.0.0.1',
      'x-forwarded-host': new URL(bench.service.url).host,
      'x-forwarded-proto': 'http',
      'x-request-id': 'from-device',
    });
    expect(answer.headers.get('x-request-id')).toBe('from-device');
  });

  test('a body in chunks is streamed', async () => {
    const chunks = [Buffer.from('{"readings":'), Buffer.from('[]}')];
    await post(ReadableStream.from(chunks));
    expect(bench.ingestion.seen.at(-1)!.body.toString()).toBe('{"readings":[]}');
  });

  test.each([
    ['POST', '/api/data', 'ingestion'],
    ['GET', '/v1/series/12/readings?from=a', 'storage'],
    ['GET', '/v1/devices', 'storage'],
    ['GET', '/v1/metrics', 'storage'],
    ['PUT', '/v1/metrics/a%2Fb', 'storage'],
    ['DELETE', '/v1/metrics/temperature', 'storage'],
    ['PUT', '/v1/detection/series/12', 'storage'],
    ['GET', '/', 'dashboard'],
    ['GET', '/assets/app.js', 'dashboard'],
  ] as const)('%s %s goes to %s', async (method, path, service) => {
    const answer = await bench.call(path, { method, headers: { authorization: `Bearer ${ingest}` } });
    expect(await answer.json()).toEqual({ from: service });
    expect(bench[service].seen.at(-1)).toMatchObject({ method, url: path });
  });

  test('status, headers and body of the answer come back, with the security headers', async () => {
    bench.ingestion.answer = (_request, reply) => {
      reply.writeHead(207, { 'content-type': 'application/json', 'x-own': 'yes' }).end('{"accepted":1}');
    };
    const answer = await post('{}');
    expect([answer.status, answer.headers.get('x-own'), await answer.text()]).toEqual([
      207,
      'yes',
      '{"accepted":1}',
    ]);
    expect(answer.headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
    expect(answer.headers.get('x-content-type-options')).toBe('nosniff');
    expect(answer.headers.get('referrer-policy')).toBe('no-referrer');
  });

  test('a body over the limit is refused before it is passed on', async () => {
    const before = bench.ingestion.seen.length;
    const answer = await post(Buffer.alloc(5 * 1024 * 1024 + 1));
    expect(answer.status).toBe(413);
    expect(await answer.json()).toMatchObject({ type: 'urn:tidewatch:problem:payload-too-large' });
    expect(bench.ingestion.seen).toHaveLength(before);
  });
});

describe('the fine print of HTTP', () => {
  /** Sends bytes over a connection of its own; resolves to what came back when the connection is closed. */
  const raw = (head: string[], body = ''): Promise<string> =>
    new Promise((resolve, reject) => {
      const socket = connect(Number(new URL(bench.service.url).port), '127.0.0.1');
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
      socket.write(`${[...head, 'host: tide.example', `x-api-key: ${ingest}`].join('\r\n')}\r\n\r\n${body}`);
    });

  test('headers of a connection end here, also those that the connection names', async () => {
    await raw([
      'GET /v1/devices HTTP/1.1',
      'connection: close, x-hop',
      'x-hop: 1',
      'x-end: 2',
      'te: trailers',
      'keep-alive: timeout=5',
      'proxy-authorization: Basic x',
      'x-real-ip: 6.6.6.6',
      'x-forwarded-port: 666',
      'forwarded: for=6.6.6.6',
    ]);
    const { headers } = bench.storage.seen.at(-1)!;
    expect(headers).toMatchObject({ 'x-end': '2', 'x-forwarded-host': 'tide.example' });
    expect(headers.host).toBe(new URL(bench.storage.url).host);
    for (const name of [
      'x-hop',
      'te',
      'keep-alive',
      'proxy-authorization',
      'x-real-ip',
      'x-forwarded-port',
      'forwarded',
    ])
      expect(headers).not.toHaveProperty(name);
  });

  test('a client that waits for "continue" is told to, and the body goes on', async () => {
    const answer = await raw(
      ['POST /v1/readings HTTP/1.1', 'connection: close', 'expect: 100-continue', 'content-length: 2'],
      '{}',
    );
    expect(answer).toMatch(/^HTTP\/1\.1 100 Continue\r\n\r\nHTTP\/1\.1 207 /);
    expect(bench.ingestion.seen.at(-1)).toMatchObject({ body: Buffer.from('{}') });
  });

  test('an answer before the end of the body is passed on and ends the connection', async () => {
    const early = await startEarlyAnswer();
    const other = await startGateway({ INGESTION_URL: early.url });
    const { key } = await createApiKey(other.database.pool, { name: 'device', scopes: ['ingest'] });
    const socket = connect(Number(new URL(other.service.url).port), '127.0.0.1');
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('error', () => undefined);
    const head = ['POST /v1/readings HTTP/1.1', 'host: x', `x-api-key: ${key}`, 'transfer-encoding: chunked'];
    socket.write(`${head.join('\r\n')}\r\n\r\n5\r\nhello\r\n`);
    await waitFor('the answer', () => text.includes('too much'));
    expect(text).toMatch(/^HTTP\/1\.1 413 /);
    expect(text).toMatch(/connection: close/i);
    socket.destroy();
    await early.stop();
    await other.stop();
  });

  test('HEAD has the headers of an answer and no body', async () => {
    bench.storage.answer = (_request, reply) => void reply.writeHead(200, { 'content-length': '1234' }).end();
    const answer = await bench.call('/v1/devices', { method: 'HEAD', headers: { 'x-api-key': ingest } });
    expect([answer.status, answer.headers.get('content-length'), await answer.text()]).toEqual([
      200,
      '1234',
      '',
    ]);
  });

  test('a large answer is streamed, compressed or not, and one that breaks off is not taken for whole', async () => {
    const large = randomBytes(3_000_000);
    bench.storage.answer = (_request, reply) => void reply.end(large);
    const whole = await bench.call('/v1/devices', { headers: { 'x-api-key': ingest } });
    expect(Buffer.from(await whole.arrayBuffer()).equals(large)).toBe(true);

    bench.storage.answer = (_request, reply) => {
      reply.writeHead(200, { 'content-length': String(large.length) });
      reply.write(large.subarray(0, 200_000), () => reply.destroy());
    };
    const broken = await bench.call('/v1/devices', { headers: { 'x-api-key': ingest } });
    await expect(broken.arrayBuffer()).rejects.toThrow();
  });

  test.each(['application/x-ndjson', 'text/event-stream; charset=utf-8'])(
    'lines of %s are passed on one by one, and a client that leaves ends them',
    async (type) => {
      const upstream: { reply?: ServerResponse; left?: boolean } = {};
      bench.storage.answer = (_request, reply) => {
        upstream.reply = reply.on('close', () => (upstream.left = !reply.writableEnded));
        reply.writeHead(200, { 'content-type': type });
        reply.write('{"line":1}\n');
      };
      const leaving = new AbortController();
      const answer = await bench.call('/v1/detection/preview', {
        ...{ method: 'POST', body: '{}', signal: leaving.signal },
        headers: { 'x-api-key': ingest },
      });
      const reader = answer.body!.getReader();
      const next = async () => Buffer.from((await reader.read()).value ?? []).toString();
      expect([answer.headers.get('content-type'), await next()]).toEqual([type, '{"line":1}\n']);
      upstream.reply!.write('{"line":2}\n');
      expect(await next()).toBe('{"line":2}\n');
      leaving.abort();
      await waitFor('the service to be let go', () => upstream.left === true);
    },
  );

  test('of a small answer that breaks off nothing is passed on', async () => {
    bench.storage.answer = (_request, reply) => {
      reply.writeHead(200, { 'content-length': '100', 'content-encoding': 'gzip', 'x-own': 'yes' });
      reply.write('half', () => reply.destroy());
    };
    const answer = await bench.call('/v1/devices', { headers: { 'x-api-key': ingest } });
    expect([answer.status, answer.headers.get('content-encoding'), answer.headers.get('x-own')]).toEqual([
      503,
      null,
      null,
    ]);
    expect(await answer.json()).toMatchObject({ detail: 'The storage service is not available.' });
  });

  test.each(['/v1/series/..%2f..%2fmetrics', '/v1/series/%2e%2E/x', '/v1/series/./x', '/v1/series/..'])(
    '%s leads nowhere',
    async (path) => {
      const before = bench.storage.seen.length;
      expect(await raw([`GET ${path} HTTP/1.1`, 'connection: close'])).toMatch(/^HTTP\/1\.1 404 /);
      expect(bench.storage.seen).toHaveLength(before);
    },
  );

  test('bodies that do not come keep nobody out', async () => {
    const other = await startGateway({ UPSTREAM_MAX_REQUESTS: '2' });
    const { key } = await createApiKey(other.database.pool, { name: 'device', scopes: ['ingest'] });
    const begin = (...head: string[]) => {
      const socket = connect(Number(new URL(other.service.url).port), '127.0.0.1');
      socket.on('error', () => undefined);
      socket.write(`${[...head, 'host: x', `x-api-key: ${key}`].join('\r\n')}\r\n\r\n`);
      return socket;
    };
    const slow = Array.from({ length: 4 }, () => begin('POST /v1/readings HTTP/1.1', 'content-length: 10'));
    for (const length of ['transfer-encoding: chunked', 'content-length: 10', 'content-length: 10']) {
      const before = other.dashboard.seen.length;
      slow.push(begin('GET / HTTP/1.1', length));
      await waitFor('the page', () => other.dashboard.seen.length === before + 1);
    }
    expect(other.dashboard.seen.every(({ body }) => body.length === 0)).toBe(true);
    const init = { method: 'POST', body: '{}', headers: { 'x-api-key': key } };
    expect((await other.call('/v1/readings', init)).status).toBe(200);
    expect((await other.call('/')).status).toBe(200);
    slow.forEach((socket) => socket.destroy());
    await other.stop();
  });

  test('a service that is slow gets so many requests and no more, and clients that leave make room', async () => {
    const other = await startGateway({ UPSTREAM_MAX_REQUESTS: '2' });
    const { key } = await createApiKey(other.database.pool, { name: 'reader', scopes: ['read'] });
    const waiting: ServerResponse[] = [];
    other.storage.answer = (_request, reply) => void waiting.push(reply);
    const leaving = new AbortController();
    const read = (signal?: AbortSignal) =>
      other.call('/v1/devices', { headers: { 'x-api-key': key }, ...(signal ? { signal } : {}) });
    const first = [read(leaving.signal), read(leaving.signal)].map((call) =>
      call.catch((error: unknown) => (error as Error).name),
    );
    await waitFor('two requests', () => waiting.length === 2);
    const third = await read();
    expect([third.status, third.headers.get('retry-after')]).toEqual([503, '1']);
    leaving.abort();
    expect(await Promise.all(first)).toEqual(['AbortError', 'AbortError']);
    other.storage.answer = (_request, reply) => void reply.end('{}');
    await waitFor('room', async () => (await read()).status === 200);
    await other.stop();
  });
});

/** A service that answers as soon as it has read the head of a request. */
async function startEarlyAnswer(): Promise<{ url: string; stop: () => Promise<void> }> {
  const server = createServer((_request, reply) => {
    reply.writeHead(413, { 'content-type': 'text/plain', 'content-length': '8' }).end('too much');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    stop: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
}

describe('what is not there', () => {
  test.each([
    ...[
      '/startz',
      '/livez',
      '/readyz',
      '/metrics',
      '/%6Civez',
      '/met%72ics?x',
      '/v1',
      '/v1/nothing',
      '/api',
      '/api/other',
    ],
    ...['/socket.io/?EIO=4&transport=polling', '/socket.io'],
  ])('%s', async (path) => {
    const before = bench.dashboard.seen.length;
    const answer = await bench.call(path);
    expect([answer.status, answer.headers.get('x-content-type-options')]).toEqual([404, 'nosniff']);
    expect(await answer.json()).toMatchObject({ type: 'urn:tidewatch:problem:not-found' });
    expect(bench.dashboard.seen).toHaveLength(before);
  });

  test('probes and metrics are on the internal port, and nothing else is', async () => {
    const internal = (path: string) => fetch(new URL(path, bench.service.internalUrl));
    expect((await internal('/startz')).status).toBe(200);
    expect((await internal('/livez')).status).toBe(200);
    expect(await (await internal('/readyz')).json()).toMatchObject({
      details: { database: { status: 'up' } },
    });
    expect(await (await internal('/metrics')).text()).toContain('tidewatch_http_request_duration_seconds');
    expect((await internal('/v1/api-keys')).status).toBe(404);
    expect((await internal('/')).status).toBe(404);
  });

  test('another method: 405 with the ones that there are', async () => {
    const answer = await bench.call('/v1/readings');
    expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'POST']);
    const withBody = await bench.call('/v1/devices', { method: 'POST', body: '<a/>' });
    expect([withBody.status, withBody.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    const unknown = await bench.call('/nothing', { method: 'PUT', body: '<a/>' });
    expect([unknown.status, unknown.headers.get('x-content-type-options')]).toEqual([404, 'nosniff']);
  });

  test('a path that leads out of where it begins', async () => {
    const status = await new Promise<number | undefined>((resolve, reject) => {
      const { port } = new URL(bench.service.url);
      const headers = { 'x-api-key': ingest };
      httpRequest({ host: '127.0.0.1', port, path: '/v1/series/../../metrics', headers }, (answer) => {
        answer.resume();
        resolve(answer.statusCode);
      })
        .on('error', reject)
        .end();
    });
    expect([400, 404]).toContain(status);
    expect(bench.storage.seen.map(({ url }) => url)).not.toContain('/metrics');
  });
});

describe('a service that does not answer', () => {
  afterEach(() => {
    bench.storage.answer = (_request, reply) => void reply.end('{}');
  });
  const read = () => bench.call('/v1/devices', { headers: { 'x-api-key': ingest } });

  test('in time: 504', async () => {
    bench.storage.answer = () => undefined;
    const answer = await read();
    expect(answer.status).toBe(504);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await answer.json()).toMatchObject({ detail: 'The storage service did not answer in time.' });
  });

  test('a 503 of its own is passed on and not tried again', async () => {
    bench.storage.answer = (_request, reply) => void reply.writeHead(503, { 'retry-after': '7' }).end('{}');
    const before = bench.storage.seen.length;
    const answer = await read();
    expect([answer.status, answer.headers.get('retry-after')]).toEqual([503, '7']);
    expect(bench.storage.seen).toHaveLength(before + 1);
  });

  test('that breaks off: 503', async () => {
    bench.storage.answer = (_request, reply) => void reply.destroy();
    const answer = await read();
    expect(answer.status).toBe(503);
    expect(await answer.json()).toMatchObject({ type: 'urn:tidewatch:problem:unavailable' });
  });

  test('because it is away: 503', async () => {
    await bench.storage.stop();
    const answer = await read();
    expect(answer.status).toBe(503);
    expect(answer.headers.get('retry-after')).toBe('2');
    expect(await answer.json()).toMatchObject({
      detail: 'The storage service is not available.',
      status: 503,
    });
  });
});
