import type { Place } from '../finding';
import { type Labels, type Manifest, isObject } from './manifest';
import type { Container } from './workload';

interface Security {
  runAsNonRoot?: boolean;
  runAsUser?: number;
  seccompProfile?: { type?: string };
  privileged?: boolean;
  allowPrivilegeEscalation?: boolean;
  readOnlyRootFilesystem?: boolean;
  capabilities?: { drop?: string[]; add?: string[] };
}

interface ContainerSpec {
  name?: string;
  image?: string;
  /** `Always` makes an init container a sidecar. */
  restartPolicy?: string;
  securityContext?: Security;
  resources?: { limits?: Record<string, unknown>; requests?: Record<string, unknown> };
  env?: { name: string; value?: string; valueFrom?: { secretKeyRef?: unknown } }[];
  envFrom?: { secretRef?: { name?: string } }[];
  ports?: { hostPort?: number }[];
  startupProbe?: unknown;
  livenessProbe?: unknown;
  readinessProbe?: unknown;
}

interface PodSpec {
  containers?: ContainerSpec[];
  initContainers?: ContainerSpec[];
  volumes?: { name: string; hostPath?: { path?: string }; emptyDir?: { sizeLimit?: unknown } | null }[];
  hostNetwork?: boolean;
  hostPID?: boolean;
  hostIPC?: boolean;
  automountServiceAccountToken?: boolean;
  securityContext?: Security;
}

/** The pods that an object makes. */
export interface Pod {
  readonly place: Place;
  readonly namespace: string | undefined;
  readonly labels: Labels;
  readonly isLasting: boolean;
  readonly spec: PodSpec;
}

const LASTING = new Set(['Deployment', 'StatefulSet', 'DaemonSet', 'ReplicaSet']);

export function podsIn(manifests: readonly Manifest[]): Pod[] {
  return manifests.flatMap((manifest) => {
    const template = templateOf(manifest);
    if (template === undefined) return [];
    const metadata = (isObject(template['metadata']) ? template['metadata'] : {}) as Manifest['metadata'];
    return [
      {
        place: manifest.place,
        namespace: manifest.metadata.namespace,
        labels: metadata.labels ?? {},
        isLasting: LASTING.has(manifest.kind),
        spec: template['spec'] ?? {},
      },
    ];
  });
}

/** With `metadata` and `spec` of the pods. */
function templateOf({ kind, metadata, spec }: Manifest): Record<string, unknown> | undefined {
  if (kind === 'Pod') return { metadata, spec };
  if (LASTING.has(kind) || kind === 'Job') return spec['template'] as Record<string, unknown> | undefined;
  if (kind !== 'CronJob') return undefined;
  const job = spec['jobTemplate'] as { spec?: { template?: Record<string, unknown> } } | undefined;
  return job?.spec?.template;
}

export function containersOf(pod: Pod): Container[] {
  const { containers = [], initContainers = [] } = pod.spec;
  return [
    ...containers.map((container) => toContainer(pod, container, pod.isLasting)),
    ...initContainers.map((container) => toContainer(pod, container, container.restartPolicy === 'Always')),
  ];
}

function toContainer(pod: Pod, container: ContainerSpec, isLasting: boolean): Container {
  const { resources = {}, env = [], envFrom = [] } = container;
  const security: Security = { ...pod.spec.securityContext, ...container.securityContext };
  const variables = env.filter(({ valueFrom }) => valueFrom?.secretKeyRef !== undefined);
  return {
    origin: 'kubernetes',
    place: { ...pod.place, subject: `${pod.place.subject ?? ''}, container ${container.name ?? ''}` },
    image: container.image ?? '',
    isLasting,
    isPrivileged: security.privileged === true,
    maySeizePrivileges: security.allowPrivilegeEscalation !== false,
    dropsAllCapabilities: security.capabilities?.drop?.includes('ALL') ?? false,
    addedCapabilities: security.capabilities?.add ?? [],
    hasReadOnlyRoot: security.readOnlyRootFilesystem === true,
    hasSeccompProfile: ['RuntimeDefault', 'Localhost'].includes(security.seccompProfile?.type ?? ''),
    hostAccess: hostAccessOf(pod.spec, container),
    runsAsNonRoot: security.runAsNonRoot === true && security.runAsUser !== 0,
    userId: security.runAsUser,
    hasServiceAccountToken: pod.spec.automountServiceAccountToken !== false,
    hasMemoryLimit: resources.limits?.['memory'] !== undefined,
    hasReservation: resources.requests?.['cpu'] !== undefined && resources.requests['memory'] !== undefined,
    unboundedVolumes: unboundedIn(pod.spec),
    probes: {
      ...textOf('startup', container.startupProbe),
      ...textOf('liveness', container.livenessProbe),
      ...textOf('readiness', container.readinessProbe),
    },
    literals: Object.fromEntries(
      env.flatMap(({ name, value }) => (value === undefined ? [] : [[name, value]])),
    ),
    secretVariables: [
      ...variables.map(({ name }) => name),
      ...envFrom.flatMap(({ secretRef }) => (secretRef ? [`all of ${secretRef.name ?? 'a secret'}`] : [])),
    ],
  };
}

function hostAccessOf(spec: PodSpec, container: ContainerSpec): string[] {
  const namespaces = (['hostNetwork', 'hostPID', 'hostIPC'] as const).filter((name) => spec[name] === true);
  const paths = (spec.volumes ?? []).flatMap(({ hostPath }) => (hostPath ? [hostPath.path ?? ''] : []));
  const ports = (container.ports ?? []).flatMap(({ hostPort }) => (hostPort ? [`port ${hostPort}`] : []));
  return [...namespaces, ...paths, ...ports];
}

function unboundedIn({ volumes = [] }: PodSpec): string[] {
  // `emptyDir: {}` may come out of YAML as null.
  const isUnbounded = (volume: (typeof volumes)[number]): boolean =>
    'emptyDir' in volume && volume.emptyDir?.sizeLimit === undefined;
  return volumes.filter(isUnbounded).map(({ name }) => name);
}

/** What a probe asks, without how often. */
function textOf<N extends string>(name: N, probe: unknown): { [K in N]?: string } {
  if (!isObject(probe)) return {};
  const { httpGet, exec, tcpSocket, grpc } = probe;
  return { [name]: JSON.stringify(httpGet ?? exec ?? tcpSocket ?? grpc) } as { [K in N]?: string };
}
