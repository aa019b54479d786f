import { isDeepStrictEqual } from 'node:util';

/** What merging needs to know of an OpenAPI 3.1 document. */
export interface ApiDocument {
  openapi: string;
  info: { title: string; version: string; description?: string };
  paths: Record<string, Record<string, unknown>>;
  components?: Record<string, Record<string, unknown>>;
  tags?: { name: string; description?: string }[];
  [key: string]: unknown;
}

export interface ServiceDocument {
  readonly service: string;
  readonly document: ApiDocument;
  /** Whether the gateway passes a path of the service on. */
  readonly isPublic: (path: string) => boolean;
}

const METHODS = new Set(['get', 'put', 'post', 'delete', 'options', 'head', 'patch', 'trace']);

/**
 * Adds the public paths of services to a document. Operations get the service as their tag unless they have tags. A component whose
 * name is taken by a different one is renamed to `<service>_<name>`.
 */
export function mergeDocuments(own: ApiDocument, services: readonly ServiceDocument[]): ApiDocument {
  const merged = JSON.parse(JSON.stringify(own)) as ApiDocument;
  merged.components ??= {};
  for (const { service, document, isPublic } of services) {
    const added = withFreeNames(document, merged.components, service);
    for (const [section, components] of Object.entries(added.components ?? {})) {
      merged.components[section] = { ...merged.components[section], ...components };
    }
    for (const [path, item] of Object.entries(added.paths)) {
      if (isPublic(path)) merged.paths[path] = { ...merged.paths[path], ...tagged(item, service) };
    }
  }
  return merged;
}

function withFreeNames(
  document: ApiDocument,
  taken: Record<string, Record<string, unknown>>,
  service: string,
): ApiDocument {
  const renamed = new Map<string, string>();
  const refersToRenamed = (component: unknown): boolean =>
    [...renamed.keys()].some((ref) => JSON.stringify(component).includes(JSON.stringify(ref)));
  let before: number;
  do {
    before = renamed.size;
    for (const [section, components] of Object.entries(document.components ?? {})) {
      for (const [name, component] of Object.entries(components)) {
        const other = taken[section]?.[name];
        // The same text means something else once what it refers to has another name.
        if (other === undefined || (isDeepStrictEqual(other, component) && !refersToRenamed(component)))
          continue;
        renamed.set(`#/components/${section}/${name}`, `#/components/${section}/${service}_${name}`);
      }
    }
  } while (renamed.size > before);
  return renamed.size === 0 ? document : renameComponents(document, renamed);
}

function renameComponents(document: ApiDocument, renamed: ReadonlyMap<string, string>): ApiDocument {
  const copy = JSON.parse(JSON.stringify(document), (key, value: unknown) =>
    key === '$ref' && typeof value === 'string' ? (renamed.get(value) ?? value) : value,
  ) as ApiDocument;
  for (const [section, components] of Object.entries(copy.components ?? {})) {
    const names = Object.entries(components).map(([name, component]) => {
      const to = renamed.get(`#/components/${section}/${name}`);
      return [to?.split('/').at(-1) ?? name, component] as const;
    });
    copy.components![section] = Object.fromEntries(names);
  }
  return copy;
}

function tagged(item: Record<string, unknown>, service: string): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(item).map(([key, operation]) => {
      if (!METHODS.has(key) || typeof operation !== 'object') return [key, operation];
      const { tags } = operation as { tags?: string[] };
      return [key, { ...operation, tags: tags?.length ? tags : [service] }];
    }),
  );
}
