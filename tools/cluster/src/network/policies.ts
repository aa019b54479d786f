/** Kubernetes' rules for NetworkPolicies, as far as this project's policies use them: who may open a connection to whom. */

export interface Selector {
  readonly matchLabels?: Readonly<Record<string, string>>;
}

export interface Peer {
  readonly podSelector?: Selector;
  readonly namespaceSelector?: Selector;
  readonly ipBlock?: { readonly cidr: string; readonly except?: readonly string[] };
}

export interface Rule {
  readonly from?: readonly Peer[];
  readonly to?: readonly Peer[];
  readonly ports?: readonly { readonly port?: number; readonly protocol?: string }[];
}

export interface NetworkPolicy {
  readonly metadata: { readonly name: string; readonly namespace: string };
  readonly spec: {
    readonly podSelector: Selector;
    readonly policyTypes: readonly string[];
    readonly ingress?: readonly Rule[];
    readonly egress?: readonly Rule[];
  };
}

/** A pod of the cluster, or an address outside it. */
export type Endpoint =
  | {
      readonly namespace: string;
      readonly namespaceLabels: Readonly<Record<string, string>>;
      readonly labels: Readonly<Record<string, string>>;
    }
  | { readonly ip: string };

export interface Connection {
  readonly from: Endpoint;
  readonly to: Endpoint;
  readonly port: number;
  readonly protocol: 'TCP' | 'UDP';
}

const SIDES = {
  Ingress: { own: 'to', other: 'from', rules: 'ingress' },
  Egress: { own: 'from', other: 'to', rules: 'egress' },
} as const;

/** Whether both ends let the connection through. Throws on a part of a policy that it does not know. */
export function isAllowed(policies: readonly NetworkPolicy[], connection: Connection): boolean {
  for (const policy of policies) refuseUnknown(policy.spec);
  return (['Ingress', 'Egress'] as const).every((direction) => letsThrough(policies, connection, direction));
}

/** A pod that no policy of a direction selects is open in it; else one rule of any of them is enough. */
function letsThrough(
  policies: readonly NetworkPolicy[],
  connection: Connection,
  direction: keyof typeof SIDES,
): boolean {
  const { own, other, rules } = SIDES[direction];
  const end = connection[own];
  if ('ip' in end) return true;
  const applying = policies.filter(
    ({ metadata, spec }) =>
      spec.policyTypes.includes(direction) &&
      metadata.namespace === end.namespace &&
      selects(spec.podSelector, end.labels),
  );
  if (applying.length === 0) return true;
  return applying.some(({ metadata, spec }) =>
    (spec[rules] ?? []).some(
      (rule) => hasPort(rule, connection) && isPeer(rule[other], connection[other], metadata.namespace),
    ),
  );
}

function hasPort({ ports = [] }: Rule, { port, protocol }: Connection): boolean {
  return (
    ports.length === 0 ||
    ports.some((each) => (each.protocol ?? 'TCP') === protocol && (each.port ?? port) === port)
  );
}

/** No list of peers, or an empty one, is anyone. */
function isPeer(peers: readonly Peer[] | undefined, end: Endpoint, policyNamespace: string): boolean {
  if (peers === undefined || peers.length === 0) return true;
  return peers.some(({ podSelector, namespaceSelector, ipBlock }) => {
    if (ipBlock !== undefined)
      return (
        'ip' in end &&
        contains(ipBlock.cidr, end.ip) &&
        !ipBlock.except?.some((cidr) => contains(cidr, end.ip))
      );
    if ('ip' in end) return false;
    const isInNamespace =
      namespaceSelector === undefined
        ? end.namespace === policyNamespace
        : selects(namespaceSelector, end.namespaceLabels);
    return isInNamespace && selects(podSelector ?? {}, end.labels);
  });
}

function selects({ matchLabels = {} }: Selector, labels: Readonly<Record<string, string>>): boolean {
  return Object.entries(matchLabels).every(([key, value]) => labels[key] === value);
}

function contains(cidr: string, ip: string): boolean {
  const [network = '', bits = '32'] = cidr.split('/');
  const mask = Number(bits) === 0 ? 0 : (~0 << (32 - Number(bits))) >>> 0;
  return (numberOf(network) & mask) === (numberOf(ip) & mask);
}

/** IPv4 only: the project's policies name no other. */
function numberOf(ip: string): number {
  const parts = ip.split('.').map(Number);
  if (parts.length !== 4 || parts.some((part) => !(part >= 0 && part <= 255)))
    throw new Error(`"${ip}" is no IPv4 address`);
  return parts.reduce((sum, part) => sum * 256 + part, 0) | 0;
}

const KNOWN = {
  spec: ['podSelector', 'policyTypes', 'ingress', 'egress'],
  rule: ['from', 'to', 'ports'],
  peer: ['podSelector', 'namespaceSelector', 'ipBlock'],
  port: ['port', 'protocol'],
  selector: ['matchLabels'],
} as const;

function refuseUnknown(spec: NetworkPolicy['spec']): void {
  const check = (kind: keyof typeof KNOWN, value: object): void => {
    const unknown = Object.keys(value).find((key) => !(KNOWN[kind] as readonly string[]).includes(key));
    if (unknown !== undefined)
      throw new Error(`${kind} of a NetworkPolicy: "${unknown}" is not evaluated here`);
  };
  check('spec', spec);
  check('selector', spec.podSelector);
  for (const rule of [...(spec.ingress ?? []), ...(spec.egress ?? [])]) {
    check('rule', rule);
    for (const port of rule.ports ?? []) check('port', port);
    for (const peer of [...(rule.from ?? []), ...(rule.to ?? [])]) {
      check('peer', peer);
      for (const selector of [peer.podSelector, peer.namespaceSelector])
        if (selector !== undefined) check('selector', selector);
    }
  }
}
