import { LineCounter, isMap, parseDocument } from 'yaml';
import type { Place } from '../finding';
import { isObject } from './manifest';
import type { Container } from './workload';

interface Service {
  image?: string;
  restart?: string;
  privileged?: boolean;
  user?: string;
  read_only?: boolean;
  cap_drop?: string[];
  cap_add?: string[];
  security_opt?: string[];
  network_mode?: string;
  pid?: string;
  ipc?: string;
  volumes?: (string | { type?: string; source?: string })[];
  tmpfs?: string | string[];
  mem_limit?: string;
  pids_limit?: number;
  healthcheck?: { test?: unknown; disable?: boolean };
  environment?: Record<string, unknown> | string[];
  networks?: string[] | Record<string, unknown>;
  ports?: (string | { published?: string; host_ip?: string })[];
}

export interface ComposeService {
  readonly name: string;
  readonly place: Place;
  readonly networks: readonly string[];
  /** As `address:port`; without an address it is open to every network of the machine. */
  readonly publishedPorts: readonly string[];
  readonly container: Container;
}

export interface ComposeFile {
  readonly file: string;
  readonly services: readonly ComposeService[];
  /** Networks with a way out or in. */
  readonly openNetworks: readonly string[];
  /** Files that secrets come from, relative to the file. */
  readonly secretFiles: readonly string[];
}

/** Throws an `Error` with one line on text that is no YAML. Variables are left as they are, with their defaults. */
export function parseCompose(text: string, file: string): ComposeFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { merge: true, lineCounter: lines });
  const [error] = document.errors;
  if (error) throw new Error(`${file}: ${error.message.split('\n')[0]}`);
  const content = (document.toJS() ?? {}) as {
    services?: Record<string, Service>;
    networks?: Record<string, { internal?: boolean } | null>;
    secrets?: Record<string, { file?: string } | null>;
  };
  const services = document.get('services');
  const lineOf = (name: string): number | undefined => {
    const key = isMap(services) ? services.items.find(({ key }) => String(key) === name)?.key : undefined;
    const range = (key as { range?: [number, number, number] } | undefined)?.range;
    return range && lines.linePos(range[0]).line;
  };
  return {
    file,
    services: Object.entries(content.services ?? {}).map(([name, service]) => {
      const line = lineOf(name);
      return toService(name, service, { file, subject: `service ${name}`, ...(line && { line }) });
    }),
    openNetworks: Object.entries(content.networks ?? { default: null })
      .filter(([, network]) => network?.internal !== true)
      .map(([name]) => name),
    secretFiles: Object.values(content.secrets ?? {}).flatMap((secret) => secret?.file ?? []),
  };
}

function toService(name: string, service: Service, place: Place): ComposeService {
  const { networks = ['default'], ports = [] } = service;
  return {
    name,
    place,
    networks: Array.isArray(networks) ? networks : Object.keys(networks),
    publishedPorts: ports.map((port) =>
      typeof port === 'string' ? port : `${port.host_ip ?? ''}:${port.published ?? ''}`,
    ),
    container: toContainer(service, place),
  };
}

function toContainer(service: Service, place: Place): Container {
  const { security_opt: options = [], healthcheck } = service;
  const userId = service.user === undefined ? undefined : Number(service.user.split(':', 1)[0]);
  return {
    origin: 'compose',
    place,
    image: service.image ?? '',
    isLasting: ['always', 'unless-stopped'].includes(service.restart ?? 'no'),
    isPrivileged: service.privileged === true,
    maySeizePrivileges: !options.some((option) => /^no-new-privileges(:true)?$/.test(option)),
    dropsAllCapabilities: service.cap_drop?.includes('ALL') ?? false,
    addedCapabilities: service.cap_add ?? [],
    hasReadOnlyRoot: service.read_only === true,
    // The engine has one unless it is told otherwise.
    hasSeccompProfile: !options.some((option) => /^seccomp[:=]unconfined$/.test(option)),
    hostAccess: hostAccessOf(service),
    runsAsNonRoot: userId !== undefined && userId !== 0,
    userId,
    hasServiceAccountToken: false,
    hasMemoryLimit: service.mem_limit !== undefined,
    hasReservation: service.pids_limit !== undefined,
    unboundedVolumes: [service.tmpfs ?? []].flat().filter((mount) => !/[:,]size=/.test(mount)),
    probes:
      healthcheck === undefined || healthcheck.disable === true
        ? {}
        : { readiness: JSON.stringify(healthcheck.test) },
    literals: literalsOf(service.environment),
    secretVariables: [],
  };
}

function hostAccessOf(service: Service): string[] {
  const namespaces = (['network_mode', 'pid', 'ipc'] as const)
    .filter((name) => service[name] === 'host')
    .map((name) => `${name}: host`);
  const paths = (service.volumes ?? []).flatMap((volume) => {
    const source = typeof volume === 'string' ? volume.split(':', 1)[0]! : (volume.source ?? '');
    return source.startsWith('/') || source.startsWith('~') ? [source] : [];
  });
  return [...namespaces, ...paths];
}

function literalsOf(environment: Service['environment']): Record<string, string> {
  const pairs = Array.isArray(environment)
    ? environment.map((line) => [line.split('=', 1)[0]!, line.slice(line.indexOf('=') + 1)] as const)
    : Object.entries(isObject(environment) ? environment : {});
  // eslint-disable-next-line @typescript-eslint/no-base-to-string -- scalars of YAML
  return Object.fromEntries(pairs.map(([name, value]) => [name, String(value ?? '')]));
}
