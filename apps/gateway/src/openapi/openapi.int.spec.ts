import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { waitFor } from '@tidewatch/testing';
import { execFileSync } from 'node:child_process';
import { startGateway, type GatewayBench } from '../testing/start-gateway';
import type { ApiDocument } from './merge-documents';

let bench: GatewayBench;
beforeAll(async () => {
  bench = await startGateway();
});
afterAll(() => bench.stop());

const serviceDocument = (paths: ApiDocument['paths'], schemas: Record<string, unknown>): string =>
  JSON.stringify({
    openapi: '3.1.0',
    info: { title: 'Service', version: '1' },
    paths,
    components: { schemas },
  } satisfies ApiDocument);

const answering = (schema: string) => ({
  responses: {
    200: {
      description: 'ok',
      content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
    },
  },
});

/** The validator is an ES module, which jest cannot load. */
function faultsOf(document: unknown): unknown {
  const script = `
    import { Validator } from '@seriousme/openapi-schema-validator';
    const chunks = [];
    for await (const chunk of process.stdin) chunks.push(chunk);
    const validator = new Validator();
    const { valid, errors } = await validator.validate(JSON.parse(Buffer.concat(chunks).toString()));
    process.stdout.write(JSON.stringify({ version: validator.version, faults: valid ? [] : errors }));`;
  const input = JSON.stringify(document);
  return JSON.parse(
    execFileSync(process.execPath, ['--input-type=module', '-e', script], { input, encoding: 'utf8' }),
  );
}

const get = async (): Promise<ApiDocument> =>
  (await (await bench.call('/openapi.json')).json()) as ApiDocument;

test('one document of all that is public, also while a service is away', async () => {
  bench.ingestion.answer = (_request, reply) => void reply.writeHead(500).end();
  bench.storage.answer = ({ url }, reply) =>
    void reply.end(
      serviceDocument(
        {
          '/v1/devices': { get: answering('Page') },
          '/v1/series/{id}/readings': {
            get: {
              ...answering('Page'),
              parameters: [{ name: 'id', in: 'path', required: true, schema: { type: 'string' } }],
            },
          },
          '/internal': { get: answering('Page') },
        },
        { Page: { type: 'object', title: url } },
      ),
    );
  const first = await get();
  expect(Object.keys(first.paths).sort()).toEqual([
    '/v1/api-keys',
    '/v1/api-keys/{id}',
    '/v1/devices',
    '/v1/series/{id}/readings',
    '/v1/session',
  ]);
  expect(first.paths['/v1/devices']).toMatchObject({ get: { tags: ['storage'] } });
  expect(faultsOf(first)).toEqual({ version: '3.1', faults: [] });

  // Ingestion comes back, with a schema of the same name that is another one.
  bench.ingestion.answer = (_request, reply) =>
    void reply.end(
      serviceDocument({ '/v1/readings': { post: answering('Page') } }, { Page: { type: 'string' } }),
    );
  bench.storage.answer = (_request, reply) => void reply.destroy();
  const both = await waitFor('the document of ingestion', async () => {
    const document = await get();
    return '/v1/readings' in document.paths ? document : undefined;
  });
  expect(both.paths['/v1/devices']).toBeDefined();
  const { schemas } = both.components!;
  expect(schemas).toMatchObject({ Page: { type: 'string' }, storage_Page: { type: 'object' } });
  expect(JSON.stringify(both.paths['/v1/devices'])).toContain('#/components/schemas/storage_Page');
  expect(JSON.stringify(both.paths['/v1/readings'])).toContain('#/components/schemas/Page');
  expect(faultsOf(both)).toEqual({ version: '3.1', faults: [] });
});

test('the explorer comes from here and fits the content security policy', async () => {
  const page = await bench.call('/docs');
  const html = await page.text();
  expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
  const links = [...html.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, link]) => link!);
  expect(links).toHaveLength(4);
  for (const link of links) {
    expect(link).toMatch(/^\/docs\//);
    expect((await bench.call(link)).status).toBe(200);
  }
  expect(html).not.toMatch(/<script>|<style|style="/);
  expect((await bench.call('/docs/assets/package.json')).status).toBe(404);
});
