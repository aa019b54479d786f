/** Who may speak to whom, asked of the policies that the chart renders. The table is that of the architecture, not of the chart. */
import { describe, expect, test } from '@jest/globals';
import { objectsOf, RELEASE, SHAPES } from '../chart';
import { readExample } from '../examples';
import { type Connection, type Endpoint, isAllowed, type NetworkPolicy } from './policies';

const PORTS = { gateway: 8080, ingestion: 8081, processing: 8082, storage: 8083, dashboard: 8084 } as const;
const SERVICES = Object.keys(PORTS) as (keyof typeof PORTS)[];
const WORKLOADS = [...SERVICES, 'migration', 'round-trip', 'kafka', 'timescaledb'];
const BUNDLED = ['default', 'small', 'restricted-offline'];

const policiesByShape = Object.fromEntries(
  SHAPES.map((shape) => {
    const objects = objectsOf(readExample(shape)).filter(({ kind }) => kind === 'NetworkPolicy');
    return [shape, objects as unknown as NetworkPolicy[]];
  }),
);
const policiesOf = (shape: string): NetworkPolicy[] => policiesByShape[shape]!;
const workload = (component: string): Endpoint => ({
  namespace: RELEASE,
  namespaceLabels: { 'kubernetes.io/metadata.name': RELEASE },
  labels: {
    'app.kubernetes.io/name': 'tidewatch',
    'app.kubernetes.io/instance': RELEASE,
    'app.kubernetes.io/component': component,
  },
});
const elsewhere = (namespace: string, labels: Record<string, string> = {}): Endpoint => ({
  namespace,
  namespaceLabels: { 'kubernetes.io/metadata.name': namespace },
  labels,
});
const dns = elsewhere('kube-system', { 'k8s-app': 'kube-dns' });
const tcp = (from: Endpoint, to: Endpoint, port: number): Connection => ({ from, to, port, protocol: 'TCP' });

/** The page of the architecture: requests go down, health is asked by the dashboard, everyone has the log and the database. */
const ALLOWED = new Set([
  'round-trip gateway 8080',
  ...['ingestion 8081', 'storage 8083', 'dashboard 8084'].map((to) => `gateway ${to}`),
  ...['gateway 8085', 'ingestion 8081', 'processing 8082', 'storage 8083'].map((to) => `dashboard ${to}`),
  ...[...SERVICES, 'migration'].flatMap((from) => [`${from} kafka 9092`, `${from} timescaledb 5432`]),
]);
const EVERY_PORT = [...Object.values(PORTS), 8085, 9092, 9093, 5432, 22];

describe.each(SHAPES)('%s', (shape) => {
  const policies = policiesOf(shape);

  test('inside, exactly the edges of the architecture are open', () => {
    const inside = BUNDLED.includes(shape)
      ? WORKLOADS
      : WORKLOADS.filter((name) => name !== 'kafka' && name !== 'timescaledb');
    const wrong: string[] = [];
    for (const from of inside)
      for (const to of inside)
        for (const port of EVERY_PORT) {
          const edge = `${from} ${to} ${port}`;
          // Everyone may come in at the front door, if not restricted; but who may go out is restricted.
          const isOpen = isAllowed(policies, tcp(workload(from), workload(to), port));
          if (isOpen !== ALLOWED.has(edge)) wrong.push(`${edge}: ${isOpen ? 'open' : 'closed'}`);
        }
    expect(wrong).toEqual([]);
  });

  test('all but Kafka and the database may ask DNS, over UDP and TCP, and nobody another server of that namespace', () => {
    for (const name of WORKLOADS) {
      const isClient = name !== 'kafka' && name !== 'timescaledb';
      for (const protocol of ['UDP', 'TCP'] as const) {
        const connection = { from: workload(name), to: dns, port: 53, protocol };
        // Where they are not bundled, no pod has these names and no policy is needed.
        if (isClient || BUNDLED.includes(shape))
          expect([name, isAllowed(policies, connection)]).toEqual([name, isClient]);
      }
      if (isClient)
        expect(isAllowed(policies, tcp(workload(name), elsewhere('kube-system'), 53))).toBe(false);
    }
  });

  test('strangers in the cluster reach nothing but the front door', () => {
    for (const stranger of [elsewhere('default'), elsewhere(RELEASE, { app: 'other' })])
      for (const to of [
        ...SERVICES,
        'migration',
        ...(BUNDLED.includes(shape) ? ['kafka', 'timescaledb'] : []),
      ])
        for (const port of EVERY_PORT) {
          if (to === 'gateway' && port === 8080) continue;
          expect([to, port, isAllowed(policies, tcp(stranger, workload(to), port))]).toEqual([
            to,
            port,
            false,
          ]);
        }
  });

  test('no service gets out to anywhere else', () => {
    for (const name of SERVICES)
      for (const port of [80, 443, 22]) {
        expect(isAllowed(policies, tcp(workload(name), { ip: '203.0.113.7' }, port))).toBe(false);
        expect(isAllowed(policies, tcp(workload(name), elsewhere('default'), port))).toBe(false);
      }
  });
});

describe('by values', () => {
  const external = policiesOf('production-external');

  test('an external Kafka and database are reached at their addresses and ports only', () => {
    const reach = (name: string, ip: string, port: number): boolean =>
      isAllowed(external, tcp(workload(name), { ip }, port));
    for (const name of [...SERVICES, 'migration']) {
      expect(reach(name, '192.0.2.3', 9093)).toBe(true);
      expect(reach(name, '192.0.2.16', 5432)).toBe(true);
      expect(reach(name, '192.0.2.3', 5432)).toBe(false);
      expect(reach(name, '192.0.2.99', 9093)).toBe(false);
    }
    expect(reach('round-trip', '192.0.2.3', 9093)).toBe(false);
  });

  test('a collector of traces is reached by services where one is named, at its address and port only', () => {
    const reach = (shape: string, name: string, ip: string, port: number): boolean =>
      isAllowed(policiesOf(shape), tcp(workload(name), { ip }, port));
    for (const name of SERVICES) {
      expect(reach('production-external', name, '192.0.2.32', 4318)).toBe(true);
      expect(reach('production-external', name, '192.0.2.32', 4317)).toBe(false);
      expect(reach('production-external', name, '192.0.2.33', 4318)).toBe(false);
      expect(reach('default', name, '192.0.2.32', 4318)).toBe(false);
    }
    for (const name of ['migration', 'round-trip'])
      expect(reach('production-external', name, '192.0.2.32', 4318)).toBe(false);
  });

  test('the front door is open to whom the values name', () => {
    const enter = (shape: string, from: Endpoint): boolean =>
      isAllowed(policiesOf(shape), tcp(from, workload('gateway'), 8080));
    expect(enter('default', elsewhere('default'))).toBe(true);
    expect(enter('production-external', elsewhere('ingress-nginx'))).toBe(true);
    expect(enter('production-external', elsewhere('default'))).toBe(false);
    expect(enter('restricted-offline', elsewhere('ingress'))).toBe(true);
    expect(enter('restricted-offline', elsewhere('default'))).toBe(false);
  });

  test('Prometheus reads metrics where monitoring is on, and nothing else', () => {
    const scrape = (shape: string, to: string, port: number): boolean =>
      isAllowed(policiesOf(shape), tcp(elsewhere('monitoring'), workload(to), port));
    for (const [name, port] of Object.entries({ ...PORTS, gateway: 8085 })) {
      expect(scrape('production-external', name, port)).toBe(true);
      expect(scrape('default', name, port)).toBe(false);
    }
    expect(scrape('production-external', 'gateway', 8080)).toBe(false);
  });

  test('Grafana asks the bundled database where its data sources are on, and nothing else', () => {
    const grafana = elsewhere('monitoring', { 'app.kubernetes.io/name': 'grafana' });
    const ask = (shape: string, from: Endpoint, to: string, port: number): boolean =>
      isAllowed(policiesOf(shape), tcp(from, workload(to), port));
    expect(ask('restricted-offline', grafana, 'timescaledb', 5432)).toBe(true);
    expect(ask('default', grafana, 'timescaledb', 5432)).toBe(false);
    expect(ask('restricted-offline', elsewhere('monitoring'), 'timescaledb', 5432)).toBe(false);
    for (const name of SERVICES) expect(ask('restricted-offline', grafana, name, PORTS[name])).toBe(false);
  });
});
