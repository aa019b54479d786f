/** What the chart renders to, and what it refuses. */
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { describeWithClusterTools } from '@tidewatch/testing';
import { CHART, type KubernetesObject, objectsOf, render, ROOT, SHAPES } from './chart';
import { configurable, staleDocs } from './docs';
import { readExample, staleExamples } from './examples';

const SERVICES = ['gateway', 'ingestion', 'processing', 'storage', 'dashboard'];

interface Container {
  readonly args?: readonly string[];
  readonly env: readonly { readonly name: string; readonly value?: string }[];
}
interface Workload extends KubernetesObject {
  readonly spec: { readonly template: { readonly spec: { readonly containers: readonly [Container] } } };
}

const containerOf = (objects: readonly KubernetesObject[], kind: string, component: string): Container => {
  const found = objects.find(
    (object) => object.kind === kind && object.metadata.labels?.['app.kubernetes.io/component'] === component,
  ) as Workload;
  return found.spec.template.spec.containers[0];
};

describe('the examples', () => {
  test('hold no secret', () => {
    for (const shape of SHAPES)
      for (const object of objectsOf(readExample(shape)))
        if (object.kind === 'Secret')
          expect(new Set(Object.values(object['data'] as object))).toEqual(new Set(['<made once>']));
  });

  test('run the services with the commands and settings of docker-compose.yml, which are tested on processes', () => {
    const objects = objectsOf(readExample('default'));
    for (const service of [...SERVICES, 'migration']) {
      const [kind, composed] = service === 'migration' ? ['Job', 'migrate'] : ['Deployment', service];
      const container = containerOf(objects, kind, service);
      const { environment, command } = composeService(composed);
      const { SHUTDOWN_DELAY_MS, TOPIC_REPLICATION, ...own } = Object.fromEntries(
        container.env.map(({ name, value }) => [name, asInCompose(value ?? '')]),
      );
      expect([SHUTDOWN_DELAY_MS, TOPIC_REPLICATION]).toEqual(
        kind === 'Job' ? [undefined, '1'] : ['5000', undefined],
      );
      expect([service, own]).toEqual([service, environment]);
      expect(container.args).toEqual(command);
    }
  });
});

/** Names and paths of the cluster as they are called in the Compose file. */
function asInCompose(value: string): string {
  return value
    .replaceAll('tidewatch-kafka.tidewatch.svc', 'kafka')
    .replace(/\btidewatch-(?=(gateway|ingestion|processing|storage|dashboard|timescaledb)\b)/g, '')
    .replace('/run/secrets/tidewatch/', '/run/secrets/');
}

function composeService(name: string): { environment: Record<string, string>; command?: string[] } {
  const text = readFileSync(path.join(ROOT, 'docker-compose.yml'), 'utf8').replace(
    /\$\{\w+(?::-([^}]*))?\}/g,
    (_, otherwise: string | undefined) => otherwise ?? '',
  );
  const { services } = parse(text, { merge: true }) as {
    services: Record<string, { environment: Record<string, string | number | null>; command?: string[] }>;
  };
  const { environment, command } = services[name]!;
  const entries = Object.entries(environment).map(([key, value]) => [key, String(value ?? '')]);
  return { environment: Object.fromEntries(entries) as Record<string, string>, ...(command && { command }) };
}

describeWithClusterTools(['helm', 'helm4', 'helm-docs'], 'the chart', () => {
  test('what is generated from it is current: npm run chart -- docs, npm run chart -- examples', () => {
    expect([...staleDocs(), ...staleExamples()]).toEqual([]);
  });

  test.each(SHAPES)('Helm 3 and 4 make the same of %s', (shape) => {
    const [three, four] = (['helm', 'helm4'] as const).map((helm) =>
      objectsOf(render(shape, { helm }))
        .filter(({ kind, metadata }) => kind !== 'Secret' && !metadata.name.endsWith('-kafka-cluster'))
        .sort((a, b) => `${a.kind}/${a.metadata.name}`.localeCompare(`${b.kind}/${b.metadata.name}`)),
    );
    expect(four).toEqual(three);
  });

  test('lets the settings of each service through, in full digits, and makes secrets that the services take', () => {
    expect(configurable('ingestion')).toContain('MAX_PENDING_BYTES');
    expect(configurable('ingestion')).not.toContain('SESSION_KEY');
    const objects = objectsOf(
      render('default', { set: ['services.ingestion.config.MAX_PENDING_BYTES=67108864'] }),
    );
    const { env } = containerOf(objects, 'Deployment', 'ingestion');
    expect(env).toContainEqual({ name: 'MAX_PENDING_BYTES', value: '67108864' });
    const { data } = objects.find(({ kind }) => kind === 'Secret') as unknown as {
      data: Record<string, string>;
    };
    const secrets = Object.fromEntries(
      Object.entries(data).map(([key, value]) => [key, Buffer.from(value, 'base64').toString()]),
    );
    for (const key of ['bootstrap-key', 'ingest-key'])
      expect(secrets[key]).toMatch(/^tw_[0-9A-Za-z]{12}_[\w-]{43}$/);
    expect(new Set(Object.values(secrets)).size).toBe(10);
    for (const secret of Object.values(secrets)) expect(secret.length).toBeGreaterThanOrEqual(40);
    const cluster = objects.find(({ metadata }) => metadata.name === 'tidewatch-kafka-cluster');
    expect(cluster?.['data']).toEqual({ 'cluster-id': expect.stringMatching(/^t[\w-]{20}A$/) });
  });

  test.each([
    ['default', 'replicas=2', "at '': additional properties 'replicas' not allowed"],
    [
      'default',
      'services.gateway.replica=2',
      "at '/services/gateway': additional properties 'replica' not allowed",
    ],
    ['default', 'partitions=many', "at '/partitions': got string, want integer"],
    [
      'default',
      'services.storage.config.NO_SUCH=1',
      "at '/services/storage/config': additional properties 'NO_SUCH' not allowed",
    ],
    ['default', 'image.tag=latest', 'image.tag is latest: name a version'],
    [
      'default',
      'kafka.external.enabled=true',
      'kafka.bundled.enabled and kafka.external.enabled are both true',
    ],
    [
      'default',
      'database.external.enabled=true',
      'database.bundled.enabled and database.external.enabled are both true',
    ],
    [
      'default',
      'kafka.bundled.enabled=false',
      'kafka.bundled.enabled and kafka.external.enabled are both false',
    ],
    [
      'default',
      'services.processing.replicas=13',
      'services.processing.replicas is 13, more than partitions (12)',
    ],
    ['default', 'partitions=1', 'services.processing.replicas is 2, more than partitions (1)'],
    [
      'high-availability',
      'services.storage.autoscaling.maxReplicas=49',
      'services.storage.autoscaling.maxReplicas is 49, more than partitions (48)',
    ],
    [
      'high-availability',
      'services.gateway.autoscaling.minReplicas=13',
      'services.gateway.autoscaling.minReplicas is 13, more than services.gateway.autoscaling.maxReplicas (12)',
    ],
    [
      'high-availability',
      'services.storage.autoscaling.enabled=false',
      'services.storage.autoscaling.lag.enabled is true although',
    ],
    ['small', 'production=true', 'kafka.bundled.persistence.enabled is false with production=true'],
    [
      'restricted-offline',
      'database.bundled.persistence.enabled=false',
      'database.bundled.persistence.enabled is false with production=true',
    ],
    ['production-external', 'kafka.external.brokers=null', 'kafka.external.brokers is empty'],
    [
      'production-external',
      'kafka.external.brokers[0]=kafka',
      "at '/kafka/external/brokers/0': 'kafka' does not match pattern",
    ],
    [
      'production-external',
      'kafka.external.sasl.existingSecret=',
      'kafka.external.sasl.existingSecret is empty although kafka.external.sasl.mechanism is scram-sha-512',
    ],
    ['production-external', 'database.external.host=', 'database.external.host is empty'],
    ['production-external', 'secrets.existingSecret=', 'database.external.existingSecret is empty'],
    [
      'high-availability',
      'database.external.createLogins=false',
      'secrets.existingSecret is empty with database.external.createLogins=false',
    ],
    ['production-external', 'ingress.host=', 'ingress.host is empty although ingress.enabled is true'],
    ['high-availability', 'httpRoute.parentRefs=', 'httpRoute.parentRefs'],
    [
      'default',
      'tracing.existingSecret=x',
      'tracing.endpoint is empty although tracing.existingSecret is set',
    ],
    [
      'default',
      'tracing.endpoint=collector:4318',
      "at '/tracing/endpoint': 'collector:4318' does not match pattern",
    ],
    ['default', 'tracing.ratio=2', "at '/tracing/ratio': maximum: got 2, want 1"],
  ])('%s with %s is refused in one sentence', (shape, set, sentence) => {
    for (const helm of ['helm', 'helm4'] as const)
      expect(() => render(shape, { helm, set: [set] })).toThrow(sentence);
  });
});

test('the version of the chart is that of the project', () => {
  const { version } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8')) as {
    version: string;
  };
  const chart = parse(readFileSync(path.join(CHART, 'Chart.yaml'), 'utf8')) as Record<string, string>;
  expect([chart['version'], chart['appVersion']]).toEqual([version, version]);
});
