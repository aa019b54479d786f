import { execFileSync } from 'node:child_process';
import { cpSync, existsSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { clusterTool } from '@tidewatch/testing';
import { CHART, objectsOf, ROOT } from './chart';
import { readExample } from './examples';

const SCHEMA = path.join(CHART, 'values.schema.json');
const README = path.join(CHART, 'README.md');
/** Settings that are not for a cluster. */
const NEVER = ['FAIL_POINT', 'WEB_ROOT'];
/** Settings whose files come from Secrets. */
const FROM_SECRETS = /^((KAFKA|DATABASE)_(TLS|SASL)|OTEL_EXPORTER_OTLP_HEADERS$)/;

interface Schema {
  definitions: Record<string, { properties: Record<string, unknown> }>;
}

/** Settings of a service that the chart gives it by itself, by the names in its environment. */
function ownedBy(service: string): Set<string> {
  const environments = objectsOf(readExample('default'))
    .filter(({ kind, metadata }) => kind === 'Deployment' && metadata.name.endsWith(`-${service}`))
    .flatMap(({ spec }) => spec as { template: { spec: { containers: { env: { name: string }[] }[] } } })
    .flatMap(({ template }) => template.spec.containers.flatMap(({ env }) => env));
  return new Set([...environments.map(({ name }) => name.replace(/_FILE$/, '')), ...NEVER]);
}

/** Names in the table of settings of a service's README that `services.<service>.config` may set. */
export function configurable(service: string): string[] {
  const readme = readFileSync(path.join(ROOT, 'apps', service, 'README.md'), 'utf8');
  const owned = ownedBy(service);
  return [...readme.matchAll(/^\| `([A-Z][A-Z0-9_]*)` *\|/gm)]
    .map(([, name]) => name!)
    .filter((name) => !owned.has(name) && !FROM_SECRETS.test(name));
}

function currentSchema(): string {
  const schema = JSON.parse(readFileSync(SCHEMA, 'utf8')) as Schema;
  for (const [name, definition] of Object.entries(schema.definitions)) {
    const service = /^(\w+)Config$/.exec(name)?.[1];
    if (service === undefined) continue;
    const value = { type: ['string', 'number', 'boolean'] };
    definition.properties = Object.fromEntries(configurable(service).map((setting) => [setting, value]));
  }
  return formatted(JSON.stringify(schema), SCHEMA);
}

function currentReadme(): string {
  const options = ['--chart-search-root', CHART, '--sort-values-order', 'file', '--dry-run'];
  const text = execFileSync(clusterTool('helm-docs'), [...options, '--log-level', 'warning'], {
    encoding: 'utf8',
  });
  return formatted(text, README);
}

function formatted(text: string, file: string): string {
  const prettier = path.join(ROOT, 'node_modules/.bin/prettier');
  return execFileSync(prettier, ['--stdin-filepath', file], { encoding: 'utf8', input: text, cwd: ROOT });
}

const GENERATED = {
  'README.md': [README, currentReadme],
  'values.schema.json': [SCHEMA, currentSchema],
} as const;

/** Helm reads files below the chart only: copies of what is kept where Prometheus and Grafana themselves read it. */
const COPIED = [
  { from: 'deploy/prometheus/rules', to: 'files/rules' },
  { from: 'deploy/grafana/dashboards', to: 'files/dashboards' },
];

/** Files of which the generated part is not current, and copies that are not that of their origin. */
export function staleDocs(): string[] {
  const generated = Object.entries(GENERATED)
    .filter(([, [file, current]]) => readFileSync(file, 'utf8') !== current())
    .map(([name]) => name);
  const copied = COPIED.filter(
    ({ from, to }) => contentOf(path.join(ROOT, from)) !== contentOf(path.join(CHART, to)),
  );
  return [...generated, ...copied.map(({ to }) => to)];
}

function contentOf(folder: string): string {
  const names = existsSync(folder) ? readdirSync(folder).sort() : [];
  return JSON.stringify(names.map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]));
}

export function writeDocs(): void {
  for (const [file, current] of Object.values(GENERATED)) writeFileSync(file, current());
  for (const { from, to } of COPIED) {
    rmSync(path.join(CHART, to), { recursive: true, force: true });
    cpSync(path.join(ROOT, from), path.join(CHART, to), { recursive: true });
  }
}
