/**
 * Writes JSON schemas, in the layout that kubeconform and kubesec read, from the OpenAPI document of an API server:
 * `kubectl get --raw /openapi/v2 | node schemas.mjs <folder> <version>`.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const PREFIX = '#/definitions/';
/** What the document calls a string, although numbers are written as well. */
const LOOSE = {
  'io.k8s.apimachinery.pkg.util.intstr.IntOrString': { oneOf: [{ type: 'string' }, { type: 'integer' }] },
  'io.k8s.apimachinery.pkg.api.resource.Quantity': { oneOf: [{ type: 'string' }, { type: 'number' }] },
};

const [folder, version] = process.argv.slice(2);
if (version === undefined) throw new Error('usage: node schemas.mjs <folder> <version>');
const { definitions } = JSON.parse(readFileSync(0, 'utf8'));

/** A copy in which what may be left out may be null, and unknown properties are refused when `strict`. */
function converted(node, strict) {
  if (Array.isArray(node)) return node.map((item) => converted(item, strict));
  if (typeof node !== 'object' || node === null) return node;
  const result = Object.fromEntries(
    Object.entries(node).map(([key, value]) => [
      key,
      key === 'properties' ? properties(value, node.required ?? [], strict) : converted(value, strict),
    ]),
  );
  const isOpen = 'additionalProperties' in node || node['x-kubernetes-preserve-unknown-fields'] === true;
  if (strict && node.properties !== undefined && !isOpen) result.additionalProperties = false;
  return result;
}

function properties(all, required, strict) {
  return Object.fromEntries(
    Object.entries(all).map(([name, property]) => {
      const schema = converted(property, strict);
      if (required.includes(name)) return [name, schema];
      if ('$ref' in schema) return [name, { oneOf: [{ $ref: schema.$ref }, { type: 'null' }] }];
      return [name, typeof schema.type === 'string' ? { ...schema, type: [schema.type, 'null'] } : schema];
    }),
  );
}

/** Names of all definitions that one needs, itself not counted. */
function needed(node, all, names = new Set()) {
  if (typeof node !== 'object' || node === null) return names;
  for (const [key, value] of Object.entries(node)) {
    const name = key === '$ref' && String(value).startsWith(PREFIX) ? value.slice(PREFIX.length) : undefined;
    if (name !== undefined && !names.has(name)) {
      names.add(name);
      needed(all[name], all, names);
    } else if (name === undefined) needed(value, all, names);
  }
  return names;
}

/** A schema that stands by itself, for one kind of one group and version. */
function standalone(schema, { group, version: apiVersion, kind }, all) {
  return {
    $schema: 'http://json-schema.org/schema#',
    ...schema,
    properties: {
      ...schema.properties,
      apiVersion: { type: 'string', enum: [group === '' ? apiVersion : `${group}/${apiVersion}`] },
      kind: { type: 'string', enum: [kind] },
    },
    required: [...new Set([...(schema.required ?? []), 'apiVersion', 'kind'])],
    definitions: Object.fromEntries([...needed(schema, all)].map((name) => [name, all[name]])),
  };
}

for (const strict of [false, true]) {
  const into = join(folder, `v${version}-standalone${strict ? '-strict' : ''}`);
  mkdirSync(into, { recursive: true });
  const all = Object.fromEntries(
    Object.entries(definitions).map(([name, node]) => [name, LOOSE[name] ?? converted(node, strict)]),
  );
  for (const [name, schema] of Object.entries(all)) {
    // DeleteOptions and its like belong to every group.
    if (name.startsWith('io.k8s.apimachinery.')) continue;
    for (const type of definitions[name]['x-kubernetes-group-version-kind'] ?? []) {
      const parts = [type.kind.toLowerCase(), type.group.split('.')[0], type.version];
      const file = `${parts.filter((part) => part !== '').join('-')}.json`;
      writeFileSync(join(into, file), JSON.stringify(standalone(schema, type, all)));
    }
  }
}
writeFileSync(join(folder, 'complete'), `${version}\n`);
