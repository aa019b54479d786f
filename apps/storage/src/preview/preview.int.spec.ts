import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { detectorKind } from '@tidewatch/anomaly-detection';
import {
  type Anomaly,
  anomalyPage,
  CONSUMERS,
  type PreviewEpisode,
  type PreviewLine,
  previewDocument,
  previewInput,
  previewLine,
  type PreviewSummary,
  type Problem,
  TOPICS,
} from '@tidewatch/contracts';
import { encodeBlock, partitionOfDevice, ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';
import {
  anomalyOf,
  DEFAULT_STREAM_SETTINGS,
  PartitionStream,
  watchingOf,
} from '@tidewatch/stream-processing';
import { waitFor } from '@tidewatch/testing';
import { startStorage, type StorageForTests } from '../testing/start-storage';

const START_MS = Date.UTC(2026, 2, 1, 12);
const SECONDS = 7_200;
const METRICS = ['flow', 'pressure', 'temperature'];
const JSON_BODY = { 'content-type': 'application/json' };
const FROM = new Date(START_MS).toISOString();
const TO = new Date(START_MS + SECONDS * 1000).toISOString();

/** One reading a second and metric: a level with some noise, a spike of two metrics, a shift of one, and one that goes on at the end. */
function valueAt(metric: number, second: number): number {
  const noise = Math.sin(second * (1.7 + metric)) + Math.sin(second * 0.13 * (metric + 1)) / 2;
  const spike = metric < 2 && second >= 3_000 && second < 3_020 ? 40 : 0;
  const shift = metric === 2 && second >= 5_000 && second < 5_060 ? 25 : 0;
  const end = metric === 0 && second >= SECONDS - 20 ? 60 : 0;
  return 50 + metric * 10 + noise + spike + shift + end;
}

const WATCHING = watchingOf('agreement', DEFAULT_STREAM_SETTINGS);

/** As processing says it. */
async function watchBy({ database }: StorageForTests, settings: object): Promise<void> {
  await database.pool.query('DELETE FROM watching');
  await database.pool.query('INSERT INTO watching VALUES ($1, $2)', [CONSUMERS.processing, settings]);
}

/**
 * What a device sends and processing publishes: a block each ten seconds, appended a little later, by the same streams with the same settings.
 */
async function run(storage: StorageForTests, device: string): Promise<void> {
  const keys = METRICS.map((metric) => seriesKey(device, metric, [['site', 'north']]));
  const partition = partitionOfDevice(device, 12);
  const events: Anomaly[] = [];
  const stream = new PartitionStream(DEFAULT_STREAM_SETTINGS, detectorKind('agreement'), {
    window: () => undefined,
    group: () => undefined,
    episode: (series, report) => void events.push(anomalyOf(series, report)),
  });
  const blocks: Uint8Array[] = [];
  const builder = new ReadingBatchBuilder();
  for (let second = 0; second < SECONDS; second += 10) {
    builder.clear();
    for (let at = second; at < second + 10; at++) {
      keys.forEach((key, metric) => {
        builder.append(key, (START_MS + at * 1000) * 1000, valueAt(metric, at));
      });
    }
    stream.process(builder.view(), START_MS + (second + 10) * 1000 + 37);
    blocks.push(encodeBlock(builder.view()));
  }
  const record = { partition, key: device };
  await storage.log.append(
    TOPICS.readings,
    blocks.map((value) => ({ ...record, value })),
  );
  await storage.log.append(
    TOPICS.anomalies,
    events.map((event) => ({ ...record, value: Buffer.from(JSON.stringify(event)) })),
  );
}

describe('a preview', () => {
  let storage: StorageForTests;
  beforeAll(async () => {
    storage = await startStorage({ PREVIEWS_AT_ONCE: '1' });
    await storage.database.pool.query(
      `INSERT INTO metrics (name, display_name, unit, revision) VALUES ('flow', 'Flow', 'l/s', 1)`,
    );
    await watchBy(storage, WATCHING);
    await run(storage, 'pump-1');
    await waitFor('readings and anomalies', async () => {
      const { rows } = await storage.database.pool.query<{ done: boolean }>(
        `SELECT (SELECT count(*) FROM readings) = ${SECONDS * METRICS.length} AND
          (SELECT sum(next_offset) FROM checkpoints WHERE topic = 'anomalies.v1') =
          (SELECT count(*) FROM log_records WHERE topic = 'anomalies.v1') AS done`,
      );
      return rows[0]!.done;
    });
  });
  afterAll(async () => {
    expect(await storage.stop()).toBe(0);
  });

  interface Call {
    readonly headers?: Record<string, string>;
    readonly signal?: AbortSignal;
    readonly on?: StorageForTests;
  }
  const ask = (body: unknown, { headers, signal, on = storage }: Call = {}) =>
    fetch(`${on.service.url}/v1/detection/preview`, {
      method: 'POST',
      headers: { 'x-api-key': on.keys.read, 'content-type': 'application/json', ...headers },
      body: JSON.stringify(body),
      ...(signal && { signal }),
    });
  const preview = async (body: unknown, call: Call = {}): Promise<PreviewLine[]> => {
    const response = await ask(body, call);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toBe('application/x-ndjson');
    const text = await response.text();
    return text
      .trimEnd()
      .split('\n')
      .map((line) => previewLine.parse(JSON.parse(line)));
  };
  const episodesOf = (lines: readonly PreviewLine[]) =>
    lines.filter((line): line is PreviewEpisode => line.type === 'episode');
  const summaryOf = (lines: readonly PreviewLine[]): PreviewSummary => {
    const last = lines.at(-1)!;
    expect(last.type).toBe('summary');
    return last as PreviewSummary;
  };
  const stored = async (filter: string): Promise<Anomaly[]> => {
    const response = await fetch(`${storage.service.url}/v1/anomalies?${filter}`, {
      headers: { 'x-api-key': storage.keys.read },
    });
    return anomalyPage.parse(await response.json()).items;
  };
  const seriesId = async (metric: string): Promise<number> => {
    const { rows } = await storage.database.pool.query<{ id: number }>(
      'SELECT id FROM series WHERE metric = $1',
      [metric],
    );
    return rows[0]!.id;
  };
  const byBegin = (list: readonly Anomaly[]) => [...list].sort((a, b) => (a.began < b.began ? -1 : 1));

  test.each(METRICS)('of %s by the settings in force is what was published', async (metric) => {
    const lines = await preview({ seriesId: await seriesId(metric), from: FROM, to: TO });
    const published = await stored(`device=pump-1&metric=${metric}&from=${FROM}&to=${TO}`);
    expect(published.length).toBeGreaterThan(0);
    if (metric === 'flow') expect(published[0]!.explanation).toMatch(/^pump-1 Flow [0-9.]+ l\/s; /);
    const episodes = episodesOf(lines);
    expect(byBegin(episodes.map(({ episode }) => episode))).toEqual(byBegin(published));
    expect(episodes.every(({ raisedBy }) => raisedBy.length === 3)).toBe(true);
    const count = published.length;
    expect(summaryOf(lines)).toMatchObject({
      ...{ stopped: null, readings: SECONDS * METRICS.length },
      tried: { episodes: count, alarmsPerWeek: (count * 7 * 86_400) / SECONDS },
      comparedWithInForce: { kept: count, new: 0, gone: 0 },
      comparedWithStored: { kept: count, new: 0, gone: 0 },
    });
    expect(lines[0]).toMatchObject({
      type: 'plan',
      neighbours: 2,
      leftOut: 0,
      from: `${FROM.slice(0, -1)}000Z`,
    });
  });

  test('of the rest of a range, after a run-in, is what was published there', async () => {
    const from = new Date(START_MS + 4_000_000).toISOString();
    const lines = await preview({
      device: 'pump-1',
      metric: 'temperature',
      tags: { site: 'north' },
      from,
      to: TO,
    });
    const published = await stored(`device=pump-1&metric=temperature&from=${from}&to=${TO}`);
    expect(published).toHaveLength(1);
    expect(episodesOf(lines).map(({ episode }) => episode)).toEqual(published);
    expect(lines[0]).toMatchObject({ runInFrom: `${FROM.slice(0, -1)}000Z` });
    const cold = await preview({ device: 'pump-1', metric: 'temperature', from, to: TO, runInReadings: 100 });
    expect(cold[0]).toMatchObject({
      runInFrom: new Date(START_MS + 3_900_000).toISOString().replace('Z', '000Z'),
    });
  });

  test('with nothing raised tells what would be gone, and changes nothing', async () => {
    const id = await seriesId('flow');
    const before = await storage.database.pool.query('SELECT * FROM anomalies ORDER BY id');
    const lines = await preview({ seriesId: id, from: FROM, to: TO, settings: { sensitivity: 'off' } });
    const published = await stored(`device=pump-1&metric=flow&from=${FROM}&to=${TO}`);
    const episodes = episodesOf(lines);
    expect(episodes.map(({ raisedBy }) => raisedBy)).toEqual(published.map(() => ['inForce', 'stored']));
    expect(byBegin(episodes.map(({ episode }) => episode))).toEqual(byBegin(published));
    expect(summaryOf(lines)).toMatchObject({
      tried: { episodes: 0, incidents: 0, acceptedPerWeek: 0, secondsInAlarm: 0, shareInAlarm: 0 },
      inForce: { episodes: published.length, acceptedPerWeek: 1 / METRICS.length },
      comparedWithInForce: { kept: 0, new: 0, gone: published.length },
      comparedWithStored: { kept: 0, new: 0, gone: published.length },
    });
    expect((await storage.database.pool.query('SELECT * FROM anomalies ORDER BY id')).rows).toEqual(
      before.rows,
    );
    expect((await storage.database.pool.query('SELECT FROM detection_settings')).rowCount).toBe(0);
  });

  test('goes by what processing says, and by nothing where it says nothing', async () => {
    const question = { seriesId: await seriesId('flow'), from: FROM, to: TO };
    const before = episodesOf(await preview(question));
    expect(before.length).toBeGreaterThan(1);
    await watchBy(storage, { ...WATCHING, episodeCalmMs: 86_400_000 });
    // Nothing is calm for a day, so all is one episode.
    const [one, ...more] = episodesOf(await preview(question));
    expect(more).toEqual([]);
    expect(one!.episode).toMatchObject({ began: byBegin(before.map(({ episode }) => episode))[0]!.began });
    await watchBy(storage, { ...WATCHING, detector: 'of tomorrow' });
    const other = await ask(question);
    expect([other.status, other.headers.get('retry-after')]).toEqual([503, '10']);
    expect(((await other.json()) as Problem).detail).toMatch(/^Processing is of another version/);
    await storage.database.pool.query('DELETE FROM watching');
    const none = await ask(question);
    expect(none.status).toBe(503);
    expect(((await none.json()) as Problem).detail).toMatch(/^Processing has not started yet/);
    await watchBy(storage, WATCHING);
  });

  test('holds what is tried against what is in force now, and against what is stored', async () => {
    const id = await seriesId('pressure');
    const admin = { 'x-api-key': storage.keys.admin };
    const url = `${storage.service.url}/v1/detection/series/${id}`;
    const off = JSON.stringify({ sensitivity: 'off' });
    expect((await fetch(url, { method: 'PUT', headers: { ...admin, ...JSON_BODY }, body: off })).status).toBe(
      201,
    );
    const lines = await preview({ seriesId: id, from: FROM, to: TO, settings: { sensitivity: 'default' } });
    const { length } = await stored(`device=pump-1&metric=pressure&from=${FROM}&to=${TO}`);
    expect(episodesOf(lines).map(({ raisedBy }) => raisedBy)).toEqual(
      Array.from({ length }, () => ['tried', 'stored']),
    );
    expect(summaryOf(lines)).toMatchObject({
      comparedWithInForce: { kept: 0, new: length, gone: 0 },
      comparedWithStored: { kept: length, new: 0, gone: 0 },
    });
    const inForce = await preview({ seriesId: id, from: FROM, to: TO });
    expect(episodesOf(inForce).map(({ raisedBy }) => raisedBy)).toEqual(
      Array.from({ length }, () => ['stored']),
    );
    expect((await fetch(url, { method: 'DELETE', headers: admin })).status).toBe(204);
  });

  test('of static limits tells what is beyond them, for as long as they say', async () => {
    const spansOf = async (metric: string, limits: object) => {
      const settings = { sensitivity: 'off', limits };
      const lines = await preview({ seriesId: await seriesId(metric), from: FROM, to: TO, settings });
      const tried = episodesOf(lines).filter(({ raisedBy }) => raisedBy.includes('tried'));
      expect(summaryOf(lines).tried).toMatchObject({ episodes: tried.length, acceptedPerWeek: 0 });
      const secondOf = (time: string) => (Date.parse(time) - START_MS) / 1000;
      return tried.map(({ episode: { began, ended, state, explanation, counterfactual } }) => ({
        span: [secondOf(began), ended === null ? state : secondOf(ended)],
        says: `${explanation} ${counterfactual}`,
      }));
    };
    const beyond = await spansOf('flow', { max: { value: 80 } });
    expect(beyond.map(({ span }) => span)).toEqual([[3_000, 3_020], [SECONDS - 20, 'open']]); // prettier-ignore
    for (const { says } of beyond)
      expect(says).toMatch(/^pump-1 Flow [0-9.]+ l\/s; limit 80; above the limit; /);
    expect(await spansOf('flow', { max: { value: 80, forSeconds: 30 } })).toEqual([]);
    // The shift of a minute is long enough, the spikes of others are not.
    const shift = await spansOf('temperature', { max: { value: 85, forSeconds: 30, hysteresis: 5 } });
    expect(shift.map(({ span }) => span)).toEqual([[5_000, 5_060]]);
    const below = await spansOf('pressure', { min: { value: 0 }, stuck: { forSeconds: 5 } });
    expect(below).toEqual([]);
    const [up] = await spansOf('pressure', { rate: { maxPerSecond: 20 } });
    expect(up!.span[0]).toBe(3_000);
  });

  test('tells the series themselves in as many pieces of the range as are wanted', async () => {
    const question = { device: 'pump-1', metric: 'flow', from: FROM, to: TO };
    const lines = await preview({ ...question, points: 72 });
    expect(lines.at(-2)).toMatchObject({ type: 'points', seriesId: await seriesId('flow'), seconds: 100 });
    const points = lines.find((line) => line.type === 'points')!;
    const values = Array.from({ length: 100 }, (_, i) => valueAt(0, 3_000 + i));
    expect(points.timeMs).toEqual(Array.from({ length: 72 }, (_, i) => START_MS + i * 100_000));
    expect([points.min[30], points.max[30]]).toEqual([Math.min(...values), Math.max(...values)]);
    expect(points.mean[30]).toBeCloseTo(values.reduce((sum, value) => sum + value) / 100, 9);
    expect((await preview(question)).filter(({ type }) => type === 'points')).toEqual([]);
  });

  test('comes as one document where that is asked for', async () => {
    const body = { device: 'pump-1', metric: 'flow', from: FROM, to: TO, points: 10 };
    const response = await ask(body, { headers: { accept: 'application/json' } });
    const document = previewDocument.parse(await response.json());
    const lines = await preview(body);
    expect(document.episodes).toEqual(episodesOf(lines));
    expect(document.plan).toEqual(lines[0]);
    expect(document.points).toEqual(lines.filter(({ type }) => type === 'points'));
    expect(document.summary).toEqual({ ...summaryOf(lines), seconds: document.summary.seconds });
  });

  test('tells of its progress', async () => {
    const lines = await preview({ device: 'pump-1', metric: 'flow', from: FROM, to: TO });
    const progress = lines.filter((line) => line.type === 'progress');
    expect(progress.length).toBeGreaterThan(0);
    const [first] = progress;
    expect(first!.readings).toBeGreaterThan(0);
    // Readings come evenly, so the share of the time is that of the readings.
    expect(first!.expectedReadings! / (SECONDS * METRICS.length)).toBeCloseTo(1, 1);
  });

  test('gives its slot back when it is over, or when the client has left; until then others wait', async () => {
    const body = { device: 'pump-1', metric: 'flow', from: FROM, to: TO };
    const leaving = new AbortController();
    const response = await ask(body, { signal: leaving.signal });
    const reader = response.body!.getReader();
    await reader.read();
    const busy = await ask(body);
    expect(busy.status).toBe(429);
    expect(Number(busy.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await busy.json()).toMatchObject({ type: 'urn:tidewatch:problem:too-many-requests' });
    leaving.abort();
    await waitFor('a free slot', async () => (await ask(body)).status === 200);
  });

  test('stops at a bound, and says where', async () => {
    const small = await startStorage({ PREVIEW_MAX_READINGS: '1000' });
    await small.database.pool.query(
      `INSERT INTO series (key_hash, device, metric, tags) VALUES ('\\x00', 'd', 'm', '{}');
       INSERT INTO readings SELECT '${FROM}'::timestamptz + n * interval '1 s', 1, n % 7 FROM generate_series(0, 4999) AS n`,
    );
    await watchBy(small, WATCHING);
    const lines = await preview({ device: 'd', metric: 'm', from: FROM, to: TO }, { on: small });
    const reached = new Date(START_MS + 999_000).toISOString().replace('Z', '000Z');
    expect(summaryOf(lines)).toMatchObject({
      readings: 1000,
      stopped: { reason: 'readings', time: reached },
    });
    expect(await small.stop()).toBe(0);
  });

  const RANGE = { from: FROM, to: TO };
  test.each([
    [{}, 422, ['/device', '/metric']],
    [{ device: 'pump-1' }, 422, ['/metric']],
    [{ seriesId: 1, device: 'pump-1' }, 422, ['/device']],
    [{ seriesId: 0 }, 422, ['/seriesId']],
    [{ seriesId: 1, settings: { sensitivity: 'loud' } }, 422, ['/settings/sensitivity']],
    [{ seriesId: 1, from: 'yesterday' }, 422, ['/from']],
    [{ seriesId: 1, to: 1e300 }, 422, ['/to']],
    [{ seriesId: 1, from: TO, to: FROM }, 422, ['/to']],
    [{ seriesId: 1, from: '2024-01-01T00:00:00Z', to: TO }, 422, ['/from']],
    [{ seriesId: 1, runInReadings: 1e9 }, 422, ['/runInReadings']],
    [{ seriesId: 1, points: 1_001 }, 422, ['/points']],
    [{ device: 'a\0b', metric: 'm' }, 422, ['/device']],
    [{ device: 'd', metric: 'm', tags: { 'a\0': 'b' } }, 422, ['/tags/a\0']],
    [{ seriesId: 1, threshold: 0.9 }, 422, ['/threshold']],
    [[], 422, ['']],
    [{ seriesId: 99_999, ...RANGE }, 404, undefined],
    [{ device: 'pump-1', metric: 'none', ...RANGE }, 404, undefined],
    [{ device: 'pump-1', metric: 'flow', tags: { site: 'south' }, ...RANGE }, 404, undefined],
  ])('%j is refused with %i', async (body, status, pointers) => {
    const response = await ask(body);
    expect(response.status).toBe(status);
    const problem = (await response.json()) as Problem;
    expect(problem.errors?.map(({ pointer }) => pointer)).toEqual(pointers);
  });

  test('is described with examples that the contract admits', async () => {
    interface Media {
      readonly content: Record<string, { readonly example: unknown; readonly examples: object }>;
    }
    const document = (await (await fetch(`${storage.service.url}/openapi.json`)).json()) as {
      paths: Record<string, { post: { requestBody: Media; responses: Record<string, Media> } }>;
    };
    const { requestBody, responses } = document.paths['/v1/detection/preview']!.post;
    const { content } = responses['200']!;
    const lines = String(content['application/x-ndjson']!.example).split('\n');
    expect(lines.map((line) => previewLine.parse(JSON.parse(line)).type)).toEqual([
      ...['plan', 'progress', 'episode', 'points', 'summary'],
    ]);
    const { example } = content['application/json']!;
    expect(previewDocument.parse(example)).toEqual(example);
    for (const { value } of Object.values(requestBody.content['application/json']!.examples) as {
      value: unknown;
    }[]) {
      expect(previewInput.safeParse(value).error).toBeUndefined();
    }
  });

  test('is for those who may read', async () => {
    expect((await ask({ seriesId: 1 }, { headers: { 'x-api-key': 'nobody' } })).status).toBe(401);
  });
});
