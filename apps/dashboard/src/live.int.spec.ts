import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { createApiKey, revokeApiKey, sealSession, SESSION_COOKIE } from '@tidewatch/auth';
import { type Frame, TOPICS } from '@tidewatch/contracts';
import { createTestDatabase, type TestDatabase, waitFor } from '@tidewatch/testing';
import type { Socket } from 'socket.io-client';
import {
  appendMany,
  appendReading,
  framesOf,
  type LiveService,
  metricOf,
  SESSION_KEY,
  startLiveService,
  streamOf,
  subscribe,
} from './testing/live-service';

let database: TestDatabase;
let live: LiveService;
let key: string;
beforeAll(async () => {
  database = await createTestDatabase();
  live = await startLiveService(database);
  key = (await createApiKey(database.pool, { name: 'reader', scopes: ['read'] })).key;
  await waitFor('the tail', async () => (await fetch(`${live.service.url}/readyz`)).status === 200);
});
afterAll(async () => {
  await live.stop();
  await database.drop();
});

const connected = (socket: Socket) => waitFor('a connection', () => socket.connected);
/** Resolves when the server has answered the handshake with something else than an upgrade (400: engine.io knows no other status). */
const refusal = (socket: Socket) =>
  new Promise<string>((resolve) =>
    socket.once('connect_error', (error) => {
      const status = (error as { description?: { message?: string } }).description?.message ?? error.message;
      socket.disconnect();
      resolve(status);
    }),
  );
const reading = (device: string, timeMs: number, value: number) => ({
  series: { device, metric: 'temperature', tags: {} },
  timeMs,
  value,
});

describe('the handshake', () => {
  test('is refused without a credential, with a wrong one and without the scope', async () => {
    const { key: ingestKey } = await createApiKey(database.pool, { name: 'device', scopes: ['ingest'] });
    for (const headers of [{}, { 'x-api-key': `${key}x` }, { 'x-api-key': ingestKey }]) {
      expect(await refusal(live.connect(headers as Record<string, string>))).toContain(
        'Unexpected server response',
      );
    }
  });

  test('is refused from a foreign page, whatever it shows', async () => {
    expect(await refusal(live.connect({ 'x-api-key': key, origin: 'https://evil.example' }))).toContain(
      'Unexpected server response',
    );
  });

  test('is accepted from our own page with a key', async () => {
    await connected(live.connect({ 'x-api-key': key, origin: live.service.url }));
    await connected(live.connect({ authorization: `Bearer ${key}` }));
  });

  test('takes a session from our own page only, and never without an origin', async () => {
    const claims = { keyId: undefined, scopes: ['read' as const], expiresAtMs: Date.now() + 60_000 };
    const cookie = `${SESSION_COOKIE}=${sealSession(claims, SESSION_KEY)}`;
    await connected(live.connect({ cookie, origin: live.service.url }));
    expect(await refusal(live.connect({ cookie, origin: 'https://evil.example' }))).toContain(
      'Unexpected server response',
    );
    expect(await refusal(live.connect({ cookie }))).toContain('Unexpected server response');
  });
});

describe('a subscription', () => {
  test('gives the snapshot with its acknowledgement, then frames within a second of the append', async () => {
    await appendReading(live.log, 'first', 1_000_000, 1);
    const socket = live.connect({ 'x-api-key': key });
    const frames = framesOf(socket);
    await connected(socket);
    await waitFor('the reading in a snapshot', async () => {
      const answer = await subscribe(socket, { view: 'latest' });
      return answer.ok && answer.frame.body.view === 'latest' && answer.frame.body.values.length > 0;
    });
    const answer = await subscribe(socket, { view: 'latest' });
    if (!answer.ok) throw new Error(answer.detail);
    const { frame } = answer;
    expect(frame).toEqual({
      subscriptionId: frame.subscriptionId,
      seq: 0,
      body: { view: 'latest', values: [reading('first', 1_000, 1)] },
    });

    const appendedAtMs = Date.now();
    await appendReading(live.log, 'first', 2_000_000, 2);
    const next = await waitFor('a frame', () =>
      frames.find((candidate) => candidate.subscriptionId === frame.subscriptionId),
    );
    expect(Date.now() - appendedAtMs).toBeLessThan(1_000);
    expect(next).toMatchObject({ seq: 1, body: { view: 'latest', values: [reading('first', 2_000, 2)] } });

    await appendReading(live.log, 'first', 1_500_000, 99);
    await appendReading(live.log, 'other', 3_000_000, 3);
    const third = await waitFor('the next frame', () =>
      frames.find((candidate) => candidate.subscriptionId === frame.subscriptionId && candidate.seq === 2),
    );
    expect(third.body).toEqual({ view: 'latest', values: [reading('other', 3_000, 3)] });
  });

  test('to a series shows its points, also the late ones, and its windows', async () => {
    const socket = live.connect({ 'x-api-key': key });
    const frames = framesOf(socket);
    await connected(socket);
    const series = { device: 'chart', metric: 'temperature', tags: {} };
    expect(await subscribe(socket, { view: 'series', series })).toMatchObject({
      ok: true,
      frame: { seq: 0, body: { points: { timeMs: [], value: [] }, windows: [] } },
    });
    for (const [time, value] of [
      [2_000_000, 2],
      [1_000_000, 1],
    ] as const) {
      await appendReading(live.log, 'chart', time, value);
    }
    const window = { ...aggregate('w1'), series };
    await append(TOPICS.aggregates, 'chart', window);
    await append(TOPICS.aggregates, 'chart', window);
    await waitFor('all of it', () => frames.flatMap((frame) => windowsIn(frame.body)).length > 0);
    const points = frames.flatMap(({ body }) => (body.view === 'series' ? body.points.value : []));
    expect(points.sort()).toEqual([1, 2]);
    expect(frames.flatMap((frame) => windowsIn(frame.body))).toEqual([window]);
    expect(frames.map(({ seq }) => seq)).toEqual(frames.map((_, index) => index + 1));
  });

  test('to anomalies gives each of them once; a record that is none is passed over', async () => {
    const socket = live.connect({ 'x-api-key': key });
    const frames = framesOf(socket);
    await connected(socket);
    await subscribe(socket, { view: 'anomalies' });
    await append(TOPICS.anomalies, 'a', { rubbish: true });
    await append(TOPICS.anomalies, 'a', anomaly('a1'));
    await append(TOPICS.anomalies, 'a', anomaly('a1'));
    await append(TOPICS.anomalies, 'a', anomaly('a2'));
    const ids = () =>
      frames.flatMap(({ body }) => (body.view === 'anomalies' ? body.anomalies : [])).map(({ id }) => id);
    await waitFor('both', () => ids().includes('a2'));
    expect(ids()).toEqual(['a1', 'a2']);
  });

  test.each([
    [undefined],
    [null],
    ['latest'],
    [{ view: 'nothing' }],
    [{ view: 'latest', more: 1 }],
    [{ view: 'series' }],
  ])('to %j is answered, not thrown', async (wanted) => {
    const socket = live.connect({ 'x-api-key': key });
    await connected(socket);
    expect(await subscribe(socket, wanted)).toMatchObject({ ok: false, code: 'invalid-request' });
    expect(await subscribe(socket, { view: 'latest' })).toMatchObject({ ok: true });
  });

  test('ends with unsubscribe, and there are at most sixteen of a socket', async () => {
    const socket = live.connect({ 'x-api-key': key });
    await connected(socket);
    for (let i = 0; i < 16; i++)
      expect(await subscribe(socket, { view: 'health' })).toMatchObject({ ok: true });
    expect(await subscribe(socket, { view: 'health' })).toMatchObject({
      ok: false,
      code: 'too-many-requests',
    });
    const end = (payload: unknown) =>
      socket.timeout(5_000).emitWithAck('unsubscribe', payload) as Promise<unknown>;
    expect(await end({ subscriptionId: 's3' })).toEqual({ ok: true });
    expect(await end({ subscriptionId: 's3' })).toEqual({ ok: false });
    expect(await end('rubbish')).toEqual({ ok: false });
    expect(await subscribe(socket, { view: 'health' })).toMatchObject({ ok: true });
  });

  test('asked for without end is refused', async () => {
    const socket = live.connect({ 'x-api-key': key });
    await connected(socket);
    const answers = await Promise.all(Array.from({ length: 30 }, () => subscribe(socket, 'rubbish')));
    const codes = answers.map((answer) => (answer.ok ? 'ok' : answer.code));
    expect(codes.slice(0, 20)).toEqual(Array(20).fill('invalid-request'));
    expect(codes.at(-1)).toBe('too-many-requests');
  });
});

describe('a slow client', () => {
  test('gets no frames on top of those it has not taken, and a merged one when it goes on', async () => {
    const socket = live.connect({ 'x-api-key': key });
    const frames = framesOf(socket);
    await connected(socket);
    for (let i = 0; i < 16; i++) await subscribe(socket, { view: 'latest' });
    const stream = streamOf(socket);
    stream.pause();
    let round = 0;
    await waitFor('conflation', async () => {
      await appendMany(live.log, ++round);
      return (await metricOf(live, 'tidewatch_live_conflated_total{view="latest"}')) > 20;
    });
    stream.resume();
    const last = ++round;
    await appendMany(live.log, last);
    const latest = () => new Map(frames.filter(isOfFirst).flatMap(({ body }) => valuesIn(body)));
    await waitFor(
      'the latest value of all',
      () => [...latest().values()].filter((value) => value === last).length >= 1_000,
    );
    const seqs = frames.filter(isOfFirst).map(({ seq }) => seq);
    expect(seqs).toEqual(seqs.map((_, index) => index + 1));
    expect(seqs.length).toBeLessThan(round * 2);
  });
});

describe('the service', () => {
  test('comes back after a restart with a fresh snapshot of the recent past', async () => {
    await appendReading(live.log, 'survivor', 5_000_000, 5);
    const socket = live.connect({ 'x-api-key': key });
    const frames = framesOf(socket);
    await connected(socket);
    let connects = 0;
    socket.on('connect', () => connects++);
    socket.on('disconnect', (reason) => {
      // As the page does: socket.io does not come back by itself when the server says goodbye.
      if (reason === 'io server disconnect') socket.connect();
    });
    await live.restart();
    await waitFor('the reconnect', () => connects > 0 && socket.connected);
    const series = { device: 'survivor', metric: 'temperature', tags: {} };
    const answer = await subscribe(socket, { view: 'series', series });
    if (!answer.ok) throw new Error(answer.detail);
    expect(answer.frame.seq).toBe(0);
    await waitFor('the past', () =>
      [answer.frame, ...frames].some(
        ({ body }) => body.view === 'series' && body.points.value.length === 1 && body.points.value[0] === 5,
      ),
    );
  });

  test('goes on after a record that nobody can read', async () => {
    const socket = live.connect({ 'x-api-key': key });
    const frames = framesOf(socket);
    await connected(socket);
    await subscribe(socket, { view: 'latest' });
    await live.log.append(TOPICS.readings, [{ partition: 1, key: 'x', value: Buffer.from('rubbish') }]);
    await appendReading(live.log, 'after', 1_000_000, 7);
    await waitFor('the reading after it', () =>
      frames.some(({ body }) => body.view === 'latest' && body.values.some(({ value }) => value === 7)),
    );
  });

  test('closes the socket of a key that was revoked', async () => {
    const created = await createApiKey(database.pool, { name: 'leaver', scopes: ['read'] });
    const socket = live.connect({ 'x-api-key': created.key });
    await connected(socket);
    await revokeApiKey(database.pool, created.id);
    const reason = await new Promise((resolve) => socket.once('disconnect', resolve));
    expect(reason).toBe('io server disconnect');
  });

  test('says how many sockets there are and how late frames were', async () => {
    const socket = live.connect({ 'x-api-key': key });
    await connected(socket);
    expect(await subscribe(socket, { view: 'latest' })).toMatchObject({ ok: true });
    let time = 0;
    // What comes while the past is read is not measured, and on a slow machine that may still go on.
    const text = await waitFor('a frame whose way was measured', async () => {
      await appendReading(live.log, 'measured', (time += 1_000_000), 1);
      const metrics = await (await fetch(`${live.service.url}/metrics`)).text();
      return /^tidewatch_live_latency_seconds_count\{view="latest"\} [1-9]/m.test(metrics) && metrics;
    });
    expect(text).toMatch(/^tidewatch_live_sockets [1-9]/m);
    expect(text).toMatch(/^tidewatch_live_refused_total\{reason="origin"\} 3$/m);
    expect(text).toMatch(/^tidewatch_live_unreadable_records_total\{topic="readings.v1"\} [1-9]/m);
  });
});

describe('the page', () => {
  const get = (path: string, headers: Record<string, string> = {}) =>
    fetch(live.service.url + path, { headers: { 'accept-encoding': 'identity', ...headers } });

  test('is served without a credential, its assets for ever, itself never unasked', async () => {
    const page = await get('/');
    expect(page.status).toBe(200);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.headers.get('cache-control')).toBe('no-cache');
    const etag = page.headers.get('etag')!;
    expect((await get('/', { 'if-none-match': etag })).status).toBe(304);
    const asset = await get('/assets/index-abc.js', { 'accept-encoding': 'gzip, br' });
    expect(asset.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
    expect(asset.headers.get('content-encoding')).toBe('br');
    expect(await asset.text()).toMatch(/^\/\/ long long/);
  });

  test('answers at addresses of views, but only to those who want a page', async () => {
    expect((await get('/devices/x', { accept: 'text/html' })).status).toBe(200);
    const other = await get('/devices/x', { accept: 'application/json' });
    expect(other.status).toBe(404);
    expect(other.headers.get('content-type')).toContain('application/problem+json');
  });

  test.each([
    '/../package.json',
    '/%2e%2e/package.json',
    '/assets/..%2f..%2fpackage.json',
    '/assets/',
    '/nothing.js',
  ])('has nothing at %s', async (path) => expect((await get(path)).status).toBe(404));
});

const isOfFirst = ({ subscriptionId }: Frame) => subscriptionId === 's1';

function valuesIn(body: Frame['body']): [device: string, value: number][] {
  return body.view === 'latest' ? body.values.map(({ series, value }) => [series.device, value]) : [];
}

async function append(topic: string, key: string, value: unknown): Promise<void> {
  await live.log.append(topic, [{ partition: 0, key, value: Buffer.from(JSON.stringify(value)) }]);
}

function aggregate(id: string) {
  return {
    id,
    revision: 0,
    final: false,
    sizeMs: 10_000,
    stepMs: 10_000,
    startMs: 0,
    count: 1,
    min: 1,
    max: 1,
    sum: 1,
    sumOfSquares: 1,
    ...{ mean: 1, stddev: 0, p50: 1, p90: 1, p99: 1 },
    first: 1,
    last: 1,
  };
}

function anomaly(id: string, revision = 0) {
  return {
    id,
    revision,
    state: 'open',
    incidentId: 'incident',
    series: { device: 'a', metric: 'temperature', tags: {} },
    began: '2026-01-01T00:00:00.000000Z',
    peakTime: '2026-01-01T00:00:00.000000Z',
    peakValue: 9,
    ended: null,
    durationSeconds: 0,
    flaggedReadings: 1,
    expectedMin: 0,
    expectedMax: 0.5,
    score: 0.9,
    ratio: 9,
    deviation: 4,
    statistics: [],
    related: [],
    severity: 'critical',
    detector: 'test',
    explanation: 'Too high.',
    counterfactual: 'Lower.',
  };
}

function windowsIn(body: { view: string; windows?: unknown }): unknown[] {
  return body.view === 'series' ? (body.windows as unknown[]) : [];
}
