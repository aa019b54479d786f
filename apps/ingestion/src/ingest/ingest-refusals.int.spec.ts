import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { LIMITS, type Problem, TOPICS } from '@tidewatch/contracts';
import { createTestDatabase, type TestDatabase, waitFor } from '@tidewatch/testing';
import { type IngestionForTests, readingsIn, type Sent, startIngestion } from './ingestion-for-tests';

let database: TestDatabase;
let ingestion: IngestionForTests;

beforeAll(async () => {
  database = await createTestDatabase();
  ingestion = await startIngestion(database);
});

afterAll(async () => {
  await ingestion.stop();
  await database.drop();
});

interface Refusal {
  readonly what: string;
  readonly body: string | Buffer | object;
  readonly sent?: Sent;
  readonly answer: readonly [status: number, code: string];
  /** Pointer and code of the first fault. */
  readonly fault?: string;
}

const good = { device: 'never', metric: 'm', value: 1 };
const withField = (field: string) => `{"device":"never","metric":"m",${field}}`;
const typed = (type: string, path = '/v1/readings') => ({ path, headers: { 'content-type': type } });

const malformed = [400, 'malformed-body'] as const;
const unsupported = [415, 'unsupported-media-type'] as const;
const tooLarge = [413, 'payload-too-large'] as const;
const invalid = [422, 'invalid-readings'] as const;

const refusals: Refusal[] = [
  { what: 'not JSON', body: '{"device":', answer: malformed },
  { what: 'nothing', body: '', answer: malformed },
  { what: 'not UTF-8', body: Buffer.from([0x22, 0xff, 0x22]), answer: malformed },
  { what: 'NaN', body: withField('"value":NaN'), answer: malformed },
  { what: 'Infinity', body: withField('"value":Infinity'), answer: malformed },
  { what: '1e400', body: withField('"value":1e400'), answer: invalid, fault: '/value not-finite' },
  { what: 'a value as text', body: withField('"value":"1"'), answer: invalid, fault: '/value wrong-type' },
  {
    what: 'a missing value',
    body: { device: 'never', metric: 'm' },
    answer: invalid,
    fault: '/value missing',
  },
  { what: 'an unknown field', body: { ...good, unit: 'C' }, answer: invalid, fault: '/unit unknown-field' },
  { what: 'null', body: 'null', answer: invalid, fault: ' wrong-type' },
  { what: 'an empty array', body: [], answer: invalid, fault: ' empty' },
  { what: 'an empty list', body: { readings: [] }, answer: invalid, fault: '/readings empty' },
  {
    what: 'NUL in a name',
    body: { ...good, device: 'never\0' },
    answer: invalid,
    fault: '/device control-character',
  },
  {
    what: 'a lone surrogate',
    body: withField('"value":1,"tags":{"a":"\\ud800"}'),
    answer: invalid,
    fault: '/tags/a lone-surrogate',
  },
  {
    what: 'a time out of range',
    body: { ...good, time: -1 },
    answer: invalid,
    fault: '/time time-out-of-range',
  },
  {
    what: 'a bad item among good ones',
    body: [good, { ...good, value: null }, good],
    answer: invalid,
    fault: '/1/value wrong-type',
  },
  {
    what: 'a bad item in the list',
    body: { readings: [good, 5] },
    answer: invalid,
    fault: '/readings/1 wrong-type',
  },
  {
    what: 'too many readings',
    body: new Array<object>(LIMITS.readingsPerRequest + 1).fill(good),
    answer: tooLarge,
  },
  { what: 'too many bytes', body: `[${' '.repeat(LIMITS.requestBytes)}]`, answer: tooLarge },
  { what: 'text', body: good, sent: typed('text/plain'), answer: unsupported },
  { what: 'a form', body: good, sent: typed('application/x-www-form-urlencoded'), answer: unsupported },
  {
    what: 'a compressed body',
    body: 'x',
    sent: { headers: { 'content-encoding': 'gzip' } },
    answer: unsupported,
  },
  {
    what: 'a bad parameter',
    body: good,
    sent: { path: '/v1/readings?partial=maybe' },
    answer: [400, 'invalid-request'],
    fault: 'partial invalid-value',
  },
  { what: 'no key', body: good, sent: { headers: { 'x-api-key': '' } }, answer: [401, 'unauthenticated'] },
  {
    what: 'text to the forerunner',
    body: { device_id: 'never', a: 1 },
    sent: typed('text/plain', '/api/data'),
    answer: unsupported,
  },
  {
    what: 'a field of the forerunner that is not numeric',
    body: { device_id: 'never', a: 1, unit: 'C' },
    sent: { path: '/api/data' },
    answer: invalid,
    fault: '/unit wrong-type',
  },
];

describe('refused as a whole:', () => {
  test.each(refusals)('$what', async ({ body, sent, answer: [status, code], fault }) => {
    const answer = await ingestion.post(body, sent);
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
    const problem = (await answer.json()) as Problem;
    expect(problem).toMatchObject({ status, type: `urn:tidewatch:problem:${code}` });
    const [first] = problem.errors ?? [];
    expect(first && `${first.pointer} ${first.code}`).toBe(fault);
  });

  test('a key without the scope', async () => {
    const answer = await ingestion.post(good, { headers: { 'x-api-key': ingestion.readKey } });
    expect(answer.status).toBe(403);
  });

  test('the place of a syntax error is told', async () => {
    const answer = await ingestion.post('{"device": "d",\n  metric: "m"}');
    expect(await answer.json()).toMatchObject({
      detail: 'The body is not JSON: unexpected character at line 2, column 3 (character 18).',
    });
  });

  test('each reading with a fault is named, however many there are', async () => {
    const answer = await ingestion.post(new Array(LIMITS.readingsPerRequest).fill({ device: 'never' }));
    const problem = (await answer.json()) as Problem;
    expect(problem.detail).toBe(
      '5000 readings are not valid, and nothing was taken. Of 10000 faults 5050 are listed, some of each reading.',
    );
    expect(new Set(problem.errors!.map(({ index }) => index)).size).toBe(LIMITS.readingsPerRequest);
    expect(problem.errors!.at(-1)).toMatchObject({ index: 4999, pointer: '/4999/metric' });
  });

  test('a compressed body is told from one that is not JSON', async () => {
    const answer = await ingestion.post('x', { headers: { 'content-encoding': 'gzip' } });
    expect(await answer.json()).toMatchObject({
      detail: 'The body must not be compressed: leave the header "Content-Encoding" out.',
    });
  });

  // Its good readings would be neither taken nor named.
  test.each([
    ['null', null],
    ['an empty list', { readings: [] }],
    ['a field beside the readings', { readings: [good], source: 'x' }],
  ])('a body that is not valid as a whole, with partial=true: %s', async (_, body) => {
    const answer = await ingestion.post(JSON.stringify(body), { path: '/v1/readings?partial=true' });
    expect(answer.status).toBe(422);
    expect(await answer.json()).toMatchObject({
      detail: 'The body as a whole is not valid, and nothing was taken.',
    });
  });

  test('nothing of all this is on the log', async () => {
    expect((await ingestion.post({ ...good, device: 'sentinel' })).status).toBe(202);
    const devices: string[] = [];
    const tail = ingestion.log.tail({
      name: 'test',
      topics: [TOPICS.readings],
      sinceMs: 600_000,
      handle: (batch) => void devices.push(...readingsIn(batch).map(({ device }) => device)),
    });
    await tail.start();
    await waitFor('the sentinel', () => devices.includes('sentinel'));
    await tail.stop();
    expect(devices).toEqual(['sentinel']);
  });
});
