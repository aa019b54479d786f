/** The chart on a real API server, with its controllers, scheduler and admission. Nothing in a pod runs there: see README.md. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { waitFor } from '@tidewatch/testing';
import { describeWithClusterTools, clusterTool } from '@tidewatch/testing';
import { CHART, type Helm, valuesFile } from './chart';
import { ControlPlane, type Item, type Result } from './control-plane';
import { CONTROL_PLANE } from './tools';

const RELEASE = 'tw';
const OWN = `app.kubernetes.io/instance=${RELEASE}`;
/** Jobs of hooks stay for their logs, until their time is over. */
const LASTING = `${OWN},app.kubernetes.io/component notin (migration,round-trip)`;
const WAIT = ['--wait', '--timeout', '120s'];
const SERVICES = ['dashboard', 'gateway', 'ingestion', 'processing', 'storage'];

let cluster: ControlPlane;

/** Pods by name of their service, with what tells whether they are the same ones. */
const podsOf = (namespace: string): Record<string, string[]> => {
  const pods: Record<string, string[]> = {};
  for (const { metadata } of cluster.items(namespace, 'pods', OWN)) {
    const component = metadata.labels!['app.kubernetes.io/component']!;
    if (['migration', 'round-trip'].includes(component) || metadata.deletionTimestamp !== undefined) continue;
    pods[component] = [...(pods[component] ?? []), metadata.uid].sort();
  }
  return pods;
};
const keptOf = (namespace: string): (Item['data'] | undefined)[] =>
  cluster
    .items(namespace, 'secrets,configmaps', OWN)
    .filter(({ metadata }) => metadata.annotations?.['helm.sh/resource-policy'] === 'keep')
    .map(({ data }) => data);
const environmentOf = (namespace: string, service: string): { name: string; value?: string }[] => {
  const [deployment] = cluster.items(
    namespace,
    'deployments',
    `${OWN},app.kubernetes.io/component=${service}`,
  );
  const { template } = deployment!.spec as {
    template: { spec: { containers: { env: { name: string; value?: string }[] }[] } };
  };
  return template.spec.containers[0]!.env;
};

describeWithClusterTools(['helm', 'helm4', ...CONTROL_PLANE], 'on a control plane', () => {
  beforeAll(() => {
    cluster = ControlPlane.start('install');
  }, 180_000);
  afterAll(() => cluster.stop(), 60_000);

  describe.each(['helm', 'helm4'] as const)('%s', (name: Helm) => {
    const namespace = `with-${name}`;
    const helm = (...args: string[]): Result =>
      cluster.run(clusterTool(name), [...args, '--namespace', namespace]);
    const succeeds = (...args: string[]): string => {
      const { status, text } = helm(...args);
      expect([status, text]).toEqual([0, expect.anything()]);
      return text;
    };
    const upgrade = (...args: string[]): Result =>
      helm('upgrade', RELEASE, CHART, '--reset-values', ...WAIT, ...args);
    let firstPods: Record<string, string[]>;
    let firstKept: (Item['data'] | undefined)[];

    beforeAll(() => cluster.makeNamespace(namespace));

    test('a wrong value stops the install before anything is made', () => {
      const { status, text } = helm('install', RELEASE, CHART, '--set', 'services.storage.replicas=13');
      expect(status).not.toBe(0);
      expect(text).toContain('services.storage.replicas is 13, more than partitions (12)');
      expect(cluster.items(namespace, 'all,secrets,configmaps,networkpolicies', OWN)).toEqual([]);
    }, 60_000);

    test('installs and waits, in a namespace that enforces "restricted"', () => {
      const said = succeeds('install', RELEASE, CHART, ...WAIT, '--wait-for-jobs');
      firstPods = podsOf(namespace);
      expect(Object.keys(firstPods).sort()).toEqual([...SERVICES, 'kafka', 'timescaledb'].sort());
      for (const service of SERVICES) expect(firstPods[service]).toHaveLength(2);
      firstKept = keptOf(namespace);
      expect(firstKept.map((data) => Object.keys(data ?? {}).length).sort()).toEqual([1, 10]);
      const [migration] = cluster.items(namespace, 'jobs', OWN);
      expect(migration?.status).toMatchObject({ succeeded: 1 });
      // No secret is in what people see of an install.
      for (const value of Object.values(firstKept.find((data) => Object.keys(data ?? {}).length === 10)!))
        expect(said).not.toContain(Buffer.from(value, 'base64').toString());
    }, 180_000);

    test('spreads the pods of a service over zones', () => {
      const nodes = cluster
        .items(namespace, 'pods', `${OWN},app.kubernetes.io/component=storage`)
        .map(({ spec }) => spec!['nodeName']);
      expect(new Set(nodes).size).toBe(2);
    });

    test('helm test is a Job that is waited for', () => {
      expect(succeeds('test', RELEASE, '--timeout', '60s')).toMatch(/Phase: +Succeeded/);
      const [job] = cluster.items(namespace, 'jobs', `${OWN},app.kubernetes.io/component=round-trip`);
      expect(job?.status).toMatchObject({ succeeded: 1 });
    }, 90_000);

    test('an upgrade restarts what it changes, and nothing else', () => {
      const { status, text } = upgrade('--set', 'services.processing.config.EPISODE_CALM_MS=90000');
      expect([status, text]).toEqual([0, expect.anything()]);
      const { processing, ...others } = podsOf(namespace);
      const { processing: earlier, ...earlierOthers } = firstPods;
      expect(others).toEqual(earlierOthers);
      expect(processing).toHaveLength(2);
      expect(processing!.filter((uid) => earlier!.includes(uid))).toEqual([]);
      expect(environmentOf(namespace, 'processing')).toContainEqual({
        name: 'EPISODE_CALM_MS',
        value: '90000',
      });
    }, 180_000);

    test('a second one, without a change, restarts nothing, and keys and passwords are those of the install', () => {
      const before = podsOf(namespace);
      const { status, text } = upgrade('--set', 'services.processing.config.EPISODE_CALM_MS=90000');
      expect([status, text]).toEqual([0, expect.anything()]);
      expect(podsOf(namespace)).toEqual(before);
      expect(keptOf(namespace)).toEqual(firstKept);
      // The migration ran before it, and left neither its Job nor its copy of the secrets.
      expect(
        cluster.items(
          namespace,
          'jobs,secrets,serviceaccounts',
          `${OWN},app.kubernetes.io/component=migration`,
        ),
      ).toEqual([]);
    }, 180_000);

    test('rolls back', () => {
      succeeds('rollback', RELEASE, '1', ...WAIT);
      const names = environmentOf(namespace, 'processing').map((variable) => variable.name);
      expect(names).not.toContain('EPISODE_CALM_MS');
      expect(keptOf(namespace)).toEqual(firstKept);
    }, 180_000);

    test('a migration that fails stops an upgrade before anything is changed', () => {
      const before = podsOf(namespace);
      const { status, text } = upgrade('--set', 'image.tag=failing');
      expect(status).not.toBe(0);
      expect(text).toMatch(/pre-upgrade hooks? failed/);
      expect(podsOf(namespace)).toEqual(before);
      for (const { spec } of cluster.items(namespace, 'deployments', OWN))
        expect(JSON.stringify(spec)).not.toContain(':failing');
      const [job] = cluster.items(namespace, 'jobs', `${OWN},app.kubernetes.io/component=migration`);
      // Its exit code says that another try changes nothing.
      expect(job?.status).toMatchObject({ failed: 1 });
    }, 180_000);

    test('the namespace takes the pods of the chart, and none of them with a privilege', () => {
      const pods = [...SERVICES, 'kafka', 'timescaledb'].map(
        (component) =>
          cluster.items(namespace, 'pods', `${OWN},app.kubernetes.io/component=${component}`)[0]!,
      );
      const create = (change: object): Result => {
        const items = pods.map(({ metadata, spec }) => {
          const { containers } = spec as { containers: [{ securityContext: object }] };
          const [container] = containers;
          const planted = { ...container, securityContext: { ...container.securityContext, ...change } };
          return {
            apiVersion: 'v1',
            kind: 'Pod',
            metadata: { name: `planted-${metadata.name}` },
            spec: { ...spec, containers: [planted] },
          };
        });
        const args = ['-n', namespace, 'create', '--dry-run=server', '--filename', '-'];
        return cluster.run(
          clusterTool('kubectl'),
          args,
          JSON.stringify({ apiVersion: 'v1', kind: 'List', items }),
        );
      };
      expect(create({})).toMatchObject({ status: 0 });
      for (const privilege of [
        { privileged: true, allowPrivilegeEscalation: true },
        { runAsUser: 0 },
        { runAsNonRoot: false },
        { capabilities: { drop: ['ALL'], add: ['NET_ADMIN'] } },
      ]) {
        const { status, text } = create(privilege);
        expect(status).toBe(1);
        const refused = text.split('\n').filter((line) => line.includes('violates PodSecurity "restricted'));
        expect(refused).toHaveLength(pods.length);
      }
    }, 120_000);

    test('uninstalls, keeps secrets and volumes, and a new install takes them up', () => {
      succeeds('uninstall', RELEASE, '--wait', '--timeout', '60s');
      // Helm waits for what it made itself; the pods of that end a little later.
      cluster.kubectl([
        '-n',
        namespace,
        'wait',
        '--for=delete',
        'pods',
        '--selector',
        LASTING,
        '--timeout=60s',
      ]);
      const kept = cluster.items(
        namespace,
        'all,secrets,configmaps,networkpolicies,serviceaccounts,poddisruptionbudgets,pvc',
        LASTING,
      );
      expect(kept.map(({ kind }) => kind).sort()).toEqual([
        ...['ConfigMap', 'PersistentVolumeClaim', 'PersistentVolumeClaim', 'Secret'],
      ]);
      succeeds('install', RELEASE, CHART, ...WAIT, '--wait-for-jobs');
      expect(keptOf(namespace)).toEqual(firstKept);
      succeeds('uninstall', RELEASE, '--wait', '--timeout', '60s');
    }, 240_000);
  });

  test.each(['helm', 'helm4'] as const)(
    '%s, with an own Kafka and database: the migration is over before anything of the release is there',
    async (name) => {
      const namespace = `external-with-${name}`;
      cluster.makeNamespace(namespace);
      const shape = ['--values', valuesFile('high-availability'), '--set', 'httpRoute.enabled=false'];
      // No such kinds and no such class are in this cluster.
      for (const service of ['processing', 'storage'])
        shape.push('--set', `services.${service}.autoscaling.lag.enabled=false`);
      shape.push('--set', 'scheduling.priorityClassName=', '--set-json', 'scheduling.tolerations=[]');
      const install = (...args: string[]): Result =>
        cluster.run(clusterTool(name), [
          ...['install', RELEASE, CHART, '--namespace', namespace, ...shape, ...WAIT, ...args],
        ]);
      const failed = install('--set', 'image.tag=failing');
      expect(failed.text).toMatch(/pre-install hooks? failed|failed pre-install/);
      const made = cluster.items(namespace, 'deployments,services,networkpolicies,secrets', OWN);
      expect(made).toEqual([]);
      cluster.run(clusterTool(name), ['uninstall', RELEASE, '--namespace', namespace]);
      const installed = install();
      expect([installed.status, installed.text]).toEqual([0, expect.anything()]);
      const secrets = cluster.items(namespace, 'secrets', OWN);
      expect(secrets.map(({ metadata }) => metadata.name)).toEqual(['tw-tidewatch-secrets']);
      expect(
        cluster.items(namespace, 'jobs,serviceaccounts', `${OWN},app.kubernetes.io/component=migration`),
      ).toEqual([]);
      // One pod each at first; the autoscaler makes them as many as are the fewest.
      await waitFor('three pods of each service', () => {
        const pods = podsOf(namespace);
        return Promise.resolve(SERVICES.every((service) => pods[service]?.length === 3));
      });
    },
    240_000,
  );
});
