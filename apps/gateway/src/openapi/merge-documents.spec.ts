import { expect, test } from '@jest/globals';
import { mergeDocuments, type ApiDocument } from './merge-documents';

const document = (paths: ApiDocument['paths'], components: ApiDocument['components'] = {}): ApiDocument => ({
  openapi: '3.1.0',
  info: { title: 'x', version: '1' },
  paths,
  components,
});
const isPublic = (): boolean => true;

test('public paths are added with the service as their tag; the document itself stays as it was', () => {
  const own = document({ '/own': { get: { tags: ['access'] } } });
  const before = structuredClone(own);
  const merged = mergeDocuments(own, [
    {
      service: 'storage',
      document: document({
        '/a': { get: {}, parameters: [] },
        '/b': { get: { tags: ['history'] } },
        '/livez': { get: {} },
      }),
      isPublic: (path) => path !== '/livez',
    },
  ]);
  expect(merged.paths).toEqual({
    '/own': { get: { tags: ['access'] } },
    '/a': { get: { tags: ['storage'] }, parameters: [] },
    '/b': { get: { tags: ['history'] } },
  });
  expect(own).toEqual(before);
});

test('equal components are one; different ones of the same name are told apart, wherever they are referred to', () => {
  const problem = { type: 'object', title: 'Problem' };
  const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });
  const list = { type: 'array', items: ref('Page') };
  const own = document({}, { schemas: { List: list, Problem: problem, Page: { type: 'string' } } });
  const merged = mergeDocuments(own, [
    {
      service: 'storage',
      document: document(
        { '/a': { get: { responses: { 200: ref('Page'), 400: ref('Problem') } } } },
        { schemas: { List: list, Problem: problem, Page: { type: 'array', items: ref('Page') } } },
      ),
      isPublic,
    },
  ]);
  expect(merged.components).toEqual({
    schemas: {
      List: list,
      Problem: problem,
      Page: { type: 'string' },
      storage_List: { type: 'array', items: ref('storage_Page') },
      storage_Page: { type: 'array', items: ref('storage_Page') },
    },
  });
  expect(merged.paths['/a']).toEqual({
    get: { tags: ['storage'], responses: { 200: ref('storage_Page'), 400: ref('Problem') } },
  });
});
