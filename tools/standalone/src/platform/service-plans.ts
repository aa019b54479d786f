import path from 'node:path';
import type { ProcessPlan } from '../processes/service-process';

/** In the order in which they stop: nothing new comes in, then what is on its way is finished. */
export const SERVICES = ['gateway', 'ingestion', 'processing', 'storage', 'dashboard'] as const;
export type ServiceName = (typeof SERVICES)[number];

const PORT_OFFSETS: Readonly<Record<ServiceName, number>> = {
  gateway: 0,
  ingestion: 1,
  processing: 2,
  storage: 3,
  dashboard: 4,
};
const GATEWAY_INTERNAL_OFFSET = 5;
const FIRST_REPLICA_OFFSET = 6;
const LOOPBACK = '127.0.0.1';
/**
 * Twice the default room for young objects, MiB: what a request holds while it waits for the log outlives fewer collections. Measured at one
 * reading per request: ingestion takes a tenth to a seventh less of the processor, beside the same work of the others.
 * And about three times as much code as usual compiled into one piece: the detector is many small functions, and takes a quarter less so.
 */
const NODE_FLAGS = ['--max-semi-space-size=32', '--max-inlined-bytecode-size-cumulative=3000'];
/**
 * What the detectors of thousands of series know lies in large pages of memory, where the system gives such to who asks: at 10,000 series a detector
 * takes up to a tenth less so. Of no effect without glibc.
 */
const LARGE_PAGES = 'glibc.malloc.hugetlb=1';

export interface ServicePlan extends ProcessPlan {
  readonly service: ServiceName;
  readonly host: string;
  readonly port: number;
  /** Where `/readyz` and `/metrics` are. */
  readonly opsPort: number;
}

export interface PlanInput {
  /** Folder with the compiled apps. */
  readonly dist: string;
  readonly port: number;
  /** Address of the gateway; every other service stays on the loopback. */
  readonly gatewayHost: string;
  readonly replicas: Readonly<Partial<Record<ServiceName, number>>>;
  readonly databaseUrl: (service: ServiceName) => string;
  readonly sessionKey: string;
  readonly log: 'postgres' | 'kafka';
  readonly kafkaBrokers: string;
  /** The supervisor's own environment. */
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** What each service process is given; in the order of stopping. Pure. */
export function planServices(input: PlanInput): ServicePlan[] {
  let replicaPort = input.port + FIRST_REPLICA_OFFSET;
  return SERVICES.flatMap((service) =>
    Array.from({ length: input.replicas[service] ?? 1 }, (_, index): ServicePlan => {
      const port = index === 0 ? input.port + PORT_OFFSETS[service] : replicaPort++;
      const host = service === 'gateway' ? input.gatewayHost : LOOPBACK;
      return {
        service,
        id: index === 0 ? service : `${service}-${index + 1}`,
        host,
        port,
        opsPort: service === 'gateway' ? input.port + GATEWAY_INTERNAL_OFFSET : port,
        args: [...NODE_FLAGS, path.join(input.dist, 'apps', service, 'src', 'main.js')],
        env: environmentOf(service, { host, port, first: index === 0 }, input),
      };
    }),
  );
}

/** Variables of the machine that a Node.js process may need. */
const INHERITED = ['PATH', 'HOME', 'LANG', 'LC_ALL', 'TZ', 'TMPDIR', 'LOG_LEVEL', 'NODE_EXTRA_CA_CERTS'];
/** Where traces go, and which. Nothing else is inherited. */
const TRACING = /^OTEL_/;

function environmentOf(
  service: ServiceName,
  { host, port, first }: { host: string; port: number; first: boolean },
  input: PlanInput,
): Record<string, string> {
  const at = (name: ServiceName) => `http://${LOOPBACK}:${input.port + PORT_OFFSETS[name]}`;
  const env: Record<string, string> = { NODE_ENV: 'production' };
  for (const [name, value] of Object.entries(input.environment)) {
    if (value !== undefined && (INHERITED.includes(name) || TRACING.test(name))) env[name] = value;
  }
  Object.assign(env, {
    HOST: host,
    PORT: String(port),
    DATABASE_URL: input.databaseUrl(service),
    SESSION_KEY: input.sessionKey,
    MESSAGE_LOG: input.log,
  });
  if (service === 'processing') env['GLIBC_TUNABLES'] = LARGE_PAGES;
  if (input.log === 'kafka') env['KAFKA_BROKERS'] = input.kafkaBrokers;
  if (service === 'gateway') {
    Object.assign(env, {
      INTERNAL_PORT: String(input.port + GATEWAY_INTERNAL_OFFSET),
      INGESTION_URL: at('ingestion'),
      STORAGE_URL: at('storage'),
      DASHBOARD_URL: at('dashboard'),
    });
  }
  if (service === 'dashboard') {
    Object.assign(env, {
      WEB_ROOT: path.join(input.dist, 'apps', 'dashboard-web'),
      PUBLIC_ORIGINS: originsOf(input).join(','),
      SERVICE_URLS: SERVICES.map((name) => `${name}=${opsUrl(name, input.port)}`).join(','),
    });
  }
  Object.assign(env, settingsFor(service, input.environment));
  // A fail point is for one instance: a second one is there to take over.
  if (!first) delete env['FAIL_POINT'];
  return env;
}

function opsUrl(name: ServiceName, port: number): string {
  return `http://${LOOPBACK}:${port + (name === 'gateway' ? GATEWAY_INTERNAL_OFFSET : PORT_OFFSETS[name])}`;
}

/** The address of the page and the API that a person is told. */
export function publicAddress(gatewayHost: string, port: number): string {
  const isLocal = ['127.0.0.1', '0.0.0.0', '::', '::1'].includes(gatewayHost);
  return `http://${isLocal ? 'localhost' : inUrl(gatewayHost)}:${port}`;
}

/** An address to connect to for one to listen on, as part of a URL. */
export function reachable(host: string): string {
  if (host === '0.0.0.0') return LOOPBACK;
  return host === '::' ? '[::1]' : inUrl(host);
}

function inUrl(host: string): string {
  return host.includes(':') ? `[${host}]` : host;
}

/** Addresses under which a browser may have the page open. */
function originsOf({ port, gatewayHost }: PlanInput): string[] {
  const hosts = new Set(['localhost', LOOPBACK]);
  if (!['0.0.0.0', '::'].includes(gatewayHost)) hosts.add(gatewayHost);
  return [...hosts].map((host) => `http://${inUrl(host)}:${port}`);
}

/** `TIDEWATCH_STORAGE_X=1` becomes `X=1` for storage. */
function settingsFor(service: ServiceName, environment: PlanInput['environment']): Record<string, string> {
  const prefix = `TIDEWATCH_${service.toUpperCase()}_`;
  const settings: Record<string, string> = {};
  for (const [name, value] of Object.entries(environment)) {
    if (name.startsWith(prefix) && value !== undefined) settings[name.slice(prefix.length)] = value;
  }
  return settings;
}
