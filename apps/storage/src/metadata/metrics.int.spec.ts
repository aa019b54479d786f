import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { metric, metricPage, type Problem } from '@tidewatch/contracts';
import { type CallInit, callStorage } from '../testing/call-storage';
import { startStorage, type StorageForTests } from '../testing/start-storage';

const INPUT = { displayName: 'Outlet', unit: '°C', description: 'At the outlet.\nPt100.', decimals: 1 };

describe('metadata of metrics', () => {
  let storage: StorageForTests;
  beforeAll(async () => {
    storage = await startStorage();
  });
  afterAll(async () => {
    expect(await storage.stop()).toBe(0);
  });

  const call = (method: string, path: string, init: CallInit = {}) =>
    callStorage(storage, method, `metrics${path}`, init);

  test('is kept, given back, replaced as a whole, and forgotten', async () => {
    const created = await call('PUT', '/temperature', { body: INPUT });
    expect(created).toMatchObject({ status: 201, body: { name: 'temperature', ...INPUT } });
    metric.parse(created.body);
    expect(await call('GET', '/temperature', { key: storage.keys.read })).toEqual({
      ...created,
      status: 200,
    });
    const replaced = await call('PUT', '/temperature', { body: { unit: 'K' } });
    const { updatedAt, ...rest } = metric.parse(replaced.body);
    expect([replaced.status, rest]).toEqual([200, { name: 'temperature', unit: 'K' }]);
    expect(updatedAt > metric.parse(created.body).updatedAt).toBe(true);
    expect(replaced.etag).not.toBe(created.etag);
    expect(await call('DELETE', '/temperature')).toMatchObject({ status: 204, body: undefined });
    expect((await call('GET', '/temperature')).status).toBe(404);
    expect((await call('DELETE', '/temperature')).status).toBe(404);
    const again = await call('PUT', '/temperature', { body: { unit: 'K' } });
    expect([again.status, [created.etag, replaced.etag].includes(again.etag)]).toEqual([201, false]);
    await call('DELETE', '/temperature');
  });

  test('any name of a reading is a name here', async () => {
    for (const name of ['a/b', '..', '°', '%2F', 'x'.repeat(128), '𝛼 β', 'list?x=1#y']) {
      const path = `/${name === '..' ? '%2E%2E%20' : encodeURIComponent(name)}`;
      const stored = await call('PUT', path, { body: {} });
      expect([name, stored.status]).toEqual([name, 201]);
      expect((await call('GET', path)).body).toMatchObject({ name: name === '..' ? '.. ' : name });
      expect((await call('DELETE', path)).status).toBe(204);
    }
    for (const name of ['a%00b', 'a%0Ab', 'x'.repeat(129), encodeURIComponent('é'.repeat(65))]) {
      const refused = await call('PUT', `/${name}`, { body: {} });
      expect([name, refused.status]).toEqual([name, 422]);
      expect((refused.body as Problem).errors?.map(({ pointer }) => pointer)).toEqual(['/name']);
    }
  });

  test('a write happens only on what its caller has seen', async () => {
    const first = await call('PUT', '/flow', { body: {}, headers: { 'if-none-match': '*' } });
    expect(first.status).toBe(201);
    const refused = await call('PUT', '/flow', { body: {}, headers: { 'if-none-match': '*' } });
    expect(refused).toMatchObject({
      status: 412,
      body: { type: 'urn:tidewatch:problem:precondition-failed' },
    });
    const second = await call('PUT', '/flow', { body: { unit: 'l' }, headers: { 'if-match': first.etag } });
    expect(second.status).toBe(200);
    for (const method of ['PUT', 'DELETE']) {
      const body = method === 'PUT' ? { body: { unit: 'm' } } : {};
      expect((await call(method, '/flow', { ...body, headers: { 'if-match': first.etag } })).status).toBe(
        412,
      );
      expect((await call(method, '/none', { ...body, headers: { 'if-match': '*' } })).status).toBe(412);
      expect((await call(method, '/flow', { ...body, headers: { 'if-match': 'flow' } })).status).toBe(400);
    }
    expect((await call('GET', '/flow')).body).toMatchObject({ unit: 'l' });
    expect((await call('DELETE', '/flow', { headers: { 'if-match': second.etag } })).status).toBe(204);
  });

  test('of writers at the same time one wins', async () => {
    const { etag } = await call('PUT', '/raced', { body: {} });
    const write = (unit: string, headers: Record<string, string>) =>
      call('PUT', '/raced', { body: { unit }, headers });
    const raced = await Promise.all(['a', 'b', 'c', 'd'].map((unit) => write(unit, { 'if-match': etag })));
    expect(raced.map(({ status }) => status).sort()).toEqual([200, 412, 412, 412]);
    const winner = raced.find(({ status }) => status === 200)!;
    expect(await call('GET', '/raced')).toEqual(winner);
    await call('DELETE', '/raced');
    const created = await Promise.all(['a', 'b', 'c'].map((unit) => write(unit, { 'if-none-match': '*' })));
    expect(created.map(({ status }) => status).sort()).toEqual([201, 412, 412]);
    await call('DELETE', '/raced');
  });

  test('who has an answer is told that it is the same', async () => {
    const { etag } = await call('PUT', '/level', { body: { unit: 'm' } });
    const page = await call('GET', '');
    expect(metricPage.parse(page.body)).toMatchObject({
      items: [{ name: 'level', unit: 'm' }],
      nextCursor: null,
    });
    const same = { status: 304, body: undefined };
    expect(await call('GET', '/level', { headers: { 'if-none-match': etag } })).toEqual({ ...same, etag });
    expect(await call('GET', '', { headers: { 'if-none-match': page.etag } })).toEqual({
      ...same,
      etag: page.etag,
    });
    await call('DELETE', '/level');
    expect(await call('GET', '', { headers: { 'if-none-match': page.etag } })).toMatchObject({ status: 200 });
  });

  test('the list comes page by page, in order', async () => {
    const names = ['a', 'b', 'c'];
    for (const name of names) await call('PUT', `/${name}`, { body: {} });
    const first = metricPage.parse((await call('GET', '?limit=2')).body);
    const second = metricPage.parse((await call('GET', `?limit=2&cursor=${first.nextCursor!}`)).body);
    expect([...first.items, ...second.items].map(({ name }) => name)).toEqual(names);
    expect(second.nextCursor).toBeNull();
    expect((await call('GET', '?limit=2&cursor=AAAA')).status).toBe(400);
    for (const name of names) await call('DELETE', `/${name}`);
  });

  test.each([
    [[], ['']],
    [null, ['']],
    [{ unit: '' }, ['/unit']],
    [{ unit: ' bar' }, ['/unit']],
    [{ unit: 'ba\nr' }, ['/unit']],
    [{ unit: 'b\0r' }, ['/unit']],
    [{ unit: '\ud800' }, ['/unit']],
    [{ unit: 'x'.repeat(33) }, ['/unit']],
    [{ unit: null }, ['/unit']],
    [{ displayName: 7 }, ['/displayName']],
    [{ displayName: 'x'.repeat(101) }, ['/displayName']],
    [{ description: 'x'.repeat(1_001) }, ['/description']],
    [{ description: 'a\0b' }, ['/description']],
    [{ decimals: -1 }, ['/decimals']],
    [{ decimals: 13 }, ['/decimals']],
    [{ decimals: 0.5 }, ['/decimals']],
    [{ decimals: '1' }, ['/decimals']],
    ['{"decimals":1e999}', ['/decimals']],
    [{ name: 'x' }, ['/name']],
    [{ units: 'bar', 'a/b': 1, decimals: 99 }, ['/decimals', '/units', '/a~1b']],
  ])('%j is refused, and the field is named', async (body, pointers) => {
    const { status, body: problem } = await call('PUT', '/refused', { body });
    expect(status).toBe(422);
    const { errors = [] } = problem as Problem;
    expect(errors.map(({ pointer }) => pointer)).toEqual(pointers);
    for (const { detail } of errors)
      expect(detail).toMatch(/^(Must be|There is no such field|Invalid input: expected)/);
    expect((await call('GET', '/refused')).status).toBe(404);
  });

  test('what is not JSON is no body', async () => {
    expect((await call('PUT', '/refused', { body: '{' })).status).toBe(400);
    expect((await call('PUT', '/refused', {})).status).toBe(422);
    const headers = { 'content-type': 'application/xml' };
    expect((await call('PUT', '/refused', { body: '{}', headers })).status).toBe(415);
  });

  test('each route is described with an example that the contract admits', async () => {
    const document = (await (await fetch(`${storage.service.url}/openapi.json`)).json()) as {
      paths: Record<
        string,
        Record<string, { responses: Record<string, { content?: Record<string, { example: unknown }> }> }>
      >;
    };
    const { get: list } = document.paths['/v1/metrics']!;
    const { get, put, delete: remove } = document.paths['/v1/metrics/{name}']!;
    const examples = [list, get, put].map(
      (operation) => operation?.responses['200']?.content?.['application/json']?.example,
    );
    expect(metricPage.parse(examples[0])).toEqual(examples[0]);
    for (const example of examples.slice(1)) expect(metric.parse(example)).toEqual(example);
    expect(Object.keys(put!.responses)).toEqual(expect.arrayContaining(['201', '412', '422']));
    expect(Object.keys(remove!.responses)).toEqual(expect.arrayContaining(['204', '404', '412']));
  });

  test('only an admin changes things', async () => {
    const key = storage.keys.read;
    expect((await call('PUT', '/x', { body: {}, key })).status).toBe(403);
    expect((await call('DELETE', '/x', { key })).status).toBe(403);
    expect((await call('GET', '', { key })).status).toBe(200);
    expect((await call('GET', '', { key: 'none' })).status).toBe(401);
  });
});
