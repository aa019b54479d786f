import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  type Anomaly,
  anomalyPage,
  deadLetterPage,
  devicePage,
  HEADERS,
  type Problem,
  readingPage,
  seriesPage,
  TOPICS,
} from '@tidewatch/contracts';
import type { MessageLog } from '@tidewatch/messaging';
import { encodeBlock, partitionOfDevice, ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';
import type { RunningService } from '@tidewatch/service-kit';
import { waitFor } from '@tidewatch/testing';
import { startStorage, type StorageForTests } from './testing/start-storage';

const START_US = Date.UTC(2026, 2, 1, 12) * 1_000;

/** As events were before there was a `finding`: these are stored, too. */
const ANOMALY: Anomaly = {
  ...{ id: 'anomaly-1', revision: 0, state: 'open', incidentId: 'incident-1' },
  series: { device: 'pump-9', metric: 'flow', tags: { site: 'n' } },
  ...{ began: '2026-03-01T12:00:00.000250Z', peakTime: '2026-03-01T12:00:01.000250Z', peakValue: 9 },
  ...{ ended: null, durationSeconds: 0, flaggedReadings: 1, expectedMin: 1, expectedMax: 2 },
  ...{ score: 0.9, ratio: 9, deviation: null, severity: 'critical', detector: 'z' },
  statistics: [{ name: 'jump', unit: 'sigma', strength: 1e-300 }],
  related: [{ series: { device: 'pump-9', metric: 'rpm', tags: {} }, ratio: 1.25 }],
  ...{ explanation: 'odd', counterfactual: 'less odd' },
};
const CLOSED: Anomaly = {
  ...{ ...ANOMALY, revision: 2, state: 'closed', durationSeconds: 48.5, flaggedReadings: 40 },
  ended: '2026-03-01T12:00:48.500250Z',
  finding: { kind: 'value', observed: 9, reason: 'a jump' },
  explanation: 'pump-9 flow 9; expected 1–2; a jump; began 12:00:00 UTC, lasted 49 s.',
};

interface OpenApi {
  paths: Record<
    string,
    {
      get: {
        parameters: { name: string; required: boolean; schema: object }[];
        responses: Record<string, { content: { 'application/json': { example: unknown } } }>;
      };
    }
  >;
}

describe('storage', () => {
  let running: StorageForTests;
  let log: MessageLog;
  let service: RunningService;
  let keys: StorageForTests['keys'];

  beforeAll(async () => {
    running = await startStorage();
    ({ log, service, keys } = running);
  });
  afterAll(async () => {
    expect(await running.stop()).toBe(0);
  });

  const get = async (path: string, key = keys.read): Promise<{ status: number; body: unknown }> => {
    const response = await fetch(service.url + path, { headers: { 'x-api-key': key } });
    return { status: response.status, body: await response.json() };
  };
  const send = (device: string, values: readonly number[]): Promise<void> => {
    const builder = new ReadingBatchBuilder();
    values.forEach((value, i) => builder.append(seriesKey(device, 'flow'), START_US + i * 1_000_000, value));
    const headers = { [HEADERS.receivedAtMs]: String(Date.now()) };
    return append(TOPICS.readings, device, encodeBlock(builder.view()), headers);
  };
  const append = (topic: string, device: string, value: Uint8Array, headers = {}): Promise<void> =>
    log.append(topic, [{ partition: partitionOfDevice(device, 12), key: device, value, headers }]);
  const items = async (path: string, key?: string): Promise<Record<string, unknown>[]> =>
    ((await get(path, key)).body as { items: Record<string, unknown>[] }).items;

  test('keeps readings once, and gives them back page by page', async () => {
    await send('pump-1', [1, 2, 3]);
    await send('pump-1', [1, 20, 3, 4]);
    const series = await waitFor('the series', async () => {
      const [device] = await items('/v1/devices');
      if (device?.['lastReadingTime'] !== '2026-03-01T12:00:03.000000Z') return undefined;
      return (await items('/v1/series?device=pump-1&metric=flow'))[0];
    });
    expect(series).toMatchObject({ device: 'pump-1', metric: 'flow', tags: {} });
    const path = `/v1/series/${String(series['id'])}/readings?limit=3`;
    const first = (await get(path)).body as { items: unknown[]; nextCursor: string };
    expect(first.items).toEqual([
      { time: '2026-03-01T12:00:00.000000Z', value: 1 },
      { time: '2026-03-01T12:00:01.000000Z', value: 2 },
      { time: '2026-03-01T12:00:02.000000Z', value: 3 },
    ]);
    const second = await get(`${path}&cursor=${first.nextCursor}`);
    expect(second.body).toEqual({
      items: [{ time: '2026-03-01T12:00:03.000000Z', value: 4 }],
      nextCursor: null,
    });
    const metrics = await (await fetch(`${service.internalUrl}/metrics`)).text();
    expect(metrics).toContain('tidewatch_storage_readings_total{outcome="written"} 4');
    expect(metrics).toContain('tidewatch_storage_readings_total{outcome="duplicate"} 2');
    expect(metrics).toContain('tidewatch_storage_readings_total{outcome="conflict"} 1');
  });

  test('a block that cannot be decoded becomes a dead letter, and those around it are kept', async () => {
    await send('pump-2', [1]);
    await append(TOPICS.readings, 'pump-2', Buffer.from('no block'), { 'x-note': 'a\0b' });
    await send('pump-2', [1, 2]);
    const letters = await waitFor('the dead letter', async () => {
      const found = await items('/v1/dead-letters', keys.admin);
      return found.length > 0 ? found : undefined;
    });
    expect(letters).toEqual([
      expect.objectContaining({
        ...{ topic: 'readings.v1', partition: partitionOfDevice('pump-2', 12) },
        ...{ reason: 'undecodable-block', value: Buffer.from('no block').toString('base64') },
      }),
    ]);
    await waitFor('both readings', async () => {
      const devices = await items('/v1/devices');
      return devices.some(
        (one) => one['device'] === 'pump-2' && one['lastReadingTime'] === '2026-03-01T12:00:01.000000Z',
      );
    });
  });

  test('keeps an anomaly as its highest revision has it, although its series was not known', async () => {
    const tell = (event: object) => append(TOPICS.anomalies, 'pump-9', Buffer.from(JSON.stringify(event)));
    await tell(ANOMALY);
    await tell(ANOMALY);
    await tell({ id: 'half' });
    await tell({ ...ANOMALY, id: 'anomaly-3', began: 'infinity' });
    await tell({ ...ANOMALY, id: 'anomaly-4', revision: 2 ** 31 });
    await tell({ ...ANOMALY, id: 'anomaly-2', incidentId: 'incident-2' });
    const open = await waitFor('both', async () => {
      const found = await items('/v1/anomalies?device=pump-9&state=open');
      return found.length === 2 ? found : undefined;
    });
    expect(open[0]).toEqual(ANOMALY);
    const { body } = await get('/v1/anomalies?device=pump-9&from=2026-03-01T13:00:00%2B01:00&limit=1');
    expect(body).toEqual({ items: [ANOMALY], nextCursor: expect.any(String) });
    await waitFor('the dead letters', async () => {
      const letters = await items('/v1/dead-letters', keys.admin);
      return letters.filter((one) => one['reason'] === 'malformed-anomaly').length === 3;
    });
    // In another order, and once more: revision 1 comes last.
    await tell(CLOSED);
    await tell({ ...CLOSED, revision: 1, explanation: 'older' });
    await tell(CLOSED);
    await tell({ ...ANOMALY, id: 'anomaly-2', incidentId: 'incident-2', revision: 1, state: 'withdrawn' });
    await waitFor('the withdrawn one', async () => {
      return (await items('/v1/anomalies?device=pump-9&state=withdrawn')).length === 1;
    });
    expect(await items('/v1/anomalies?incident=incident-1')).toEqual([CLOSED]);
    expect(await items('/v1/anomalies?device=pump-9&state=closed&from=2026-03-01T12:00:49Z')).toEqual([]);
  });

  test.each([
    ['/v1/devices?limit=0', 400, '/limit'],
    ['/v1/devices?limit=1001', 400, '/limit'],
    ['/v1/devices?limit=ten', 400, '/limit'],
    ['/v1/devices?limit=1e1', 400, '/limit'],
    ['/v1/devices?limit=', 400, '/limit'],
    ['/v1/series/0x1/readings', 400, '/id'],
    ['/v1/devices?page=2', 400, '/page'],
    ['/v1/devices?cursor=AAAA', 400, '/cursor'],
    ['/v1/series?device=', 400, '/device'],
    ['/v1/series?device=a%00b', 400, '/device'],
    ['/v1/series?device=a&device=b', 400, '/device'],
    ['/v1/series/0/readings', 400, '/id'],
    ['/v1/series/99999999999/readings', 400, '/id'],
    ['/v1/series/1/readings?from=yesterday', 400, '/from'],
    ['/v1/series/1/readings?to=2300-01-01T00:00:00Z', 400, '/to'],
    ['/v1/anomalies?severity=bad', 400, '/severity'],
    ['/v1/series/1/readings?from=2026-03-02T00:00:00Z&to=2026-03-01T23:59:59Z', 400, '/to'],
    ['/v1/anomalies?from=1772409600001&to=2026-03-02T00:00:00Z', 400, '/to'],
    ['/v1/anomalies?state=ajar', 400, '/state'],
    ['/v1/anomalies?incident=', 400, '/incident'],
  ])('%s is refused with %i', async (path, status, pointer) => {
    const answer = await get(path);
    const problem = answer.body as Problem;
    expect(answer.status).toBe(status);
    expect(problem.type).toBe('urn:tidewatch:problem:invalid-request');
    expect(problem.errors?.map((fault) => fault.pointer)).toEqual([pointer]);
  });

  test('knows its limits of access', async () => {
    expect((await fetch(`${service.url}/v1/devices`)).status).toBe(401);
    expect((await get('/v1/dead-letters')).status).toBe(403);
    expect((await get('/v1/series/123456/readings')).status).toBe(404);
  });

  test('describes each route with its parameters and an example that the contract admits', async () => {
    const document = (await (await fetch(`${service.url}/openapi.json`)).json()) as OpenApi;
    const pages = {
      '/v1/devices': devicePage,
      '/v1/series': seriesPage,
      '/v1/series/{id}/readings': readingPage,
      '/v1/anomalies': anomalyPage,
      '/v1/dead-letters': deadLetterPage,
    };
    const settings = ['/v1/metrics', '/v1/metrics/{name}', '/v1/detection/metrics', '/v1/detection/series'];
    settings.push('/v1/detection/metrics/{name}', '/v1/detection/series/{id}', '/v1/detection/preview');
    const paths = [...Object.keys(pages), ...settings];
    expect(Object.keys(document.paths).filter((path) => path.startsWith('/v1/'))).toEqual(paths);
    for (const [path, page] of Object.entries(pages)) {
      const { example } = document.paths[path]!.get.responses['200']!.content['application/json'];
      expect(page.parse(example)).toEqual(example);
    }
    const { parameters } = document.paths['/v1/series/{id}/readings']!.get;
    expect(parameters.map(({ name, required }) => [name, required]).sort()).toEqual([
      ['cursor', false],
      ['from', false],
      ['id', true],
      ['limit', false],
      ['to', false],
    ]);
    expect(parameters.find(({ name }) => name === 'limit')!.schema).toMatchObject({
      type: 'integer',
      minimum: 1,
      maximum: 10_000,
      default: 1_000,
    });
  });
});
