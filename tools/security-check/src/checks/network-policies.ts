import type { Check, Finding } from '../finding';
import { type Labels, type Manifest, isObject } from '../subjects/manifest';
import type { Rendering, Subjects } from '../subjects/subjects';

const NAME = 'network-policies';
const DIRECTIONS = ['Ingress', 'Egress'] as const;
type Direction = (typeof DIRECTIONS)[number];

interface Selector {
  matchLabels?: Labels;
  matchExpressions?: { key: string; operator: string; values?: string[] }[];
}

interface PolicySpec {
  podSelector?: Selector;
  policyTypes?: Direction[];
  ingress?: { from?: unknown[]; ports?: unknown[] }[];
  egress?: { to?: unknown[]; ports?: unknown[] }[];
}

/** Whoever may reach what: the chart by its policies, Compose by its networks and published ports. */
export const networkPolicies: Check = {
  name: NAME,
  title: 'Network policies',
  run(subjects) {
    const findings = [...subjects.renderings.flatMap(inRendering), ...inCompose(subjects)];
    const policies = subjects.renderings.flatMap(({ manifests }) => policiesIn(manifests));
    const services = subjects.composeFiles.flatMap((file) => file.services);
    return { findings, looked: policies.length + services.length, missed: subjects.missing };
  },
};

const policiesIn = (manifests: readonly Manifest[]): Manifest[] =>
  manifests.filter(({ kind }) => kind === 'NetworkPolicy');

function inRendering({ name, manifests, pods }: Rendering): Finding[] {
  const policies = policiesIn(manifests);
  if (pods.length === 0) return [];
  const findings = pods.flatMap((pod) =>
    DIRECTIONS.flatMap((direction): Finding[] => {
      const selecting = policies.filter(
        (policy) => governs(policy, direction) && selects(policy, pod.labels),
      );
      if (selecting.length > 0) return [];
      const message = `No policy governs its ${direction.toLowerCase()} traffic, so all of it is let through.`;
      return [{ rule: `${NAME}/ungoverned`, place: pod.place, message }];
    }),
  );
  for (const direction of DIRECTIONS) {
    if (policies.some((policy) => deniesAll(policy, direction))) continue;
    const message = `No policy denies all ${direction.toLowerCase()} traffic of pods that no other policy knows.`;
    findings.push({ rule: `${NAME}/default-deny`, place: { file: name }, message });
  }
  return [...findings, ...policies.flatMap(openRules)];
}

const specOf = ({ spec }: Manifest): PolicySpec => spec;

/** Without `policyTypes` a policy governs ingress, and egress where it has rules for it. */
function governs(policy: Manifest, direction: Direction): boolean {
  const { policyTypes, egress } = specOf(policy);
  return policyTypes?.includes(direction) ?? (direction === 'Ingress' || egress !== undefined);
}

function selects(policy: Manifest, labels: Labels): boolean {
  const { matchLabels = {}, matchExpressions = [] } = specOf(policy).podSelector ?? {};
  return (
    Object.entries(matchLabels).every(([key, value]) => labels[key] === value) &&
    matchExpressions.every(({ key, operator, values = [] }) => {
      const value = labels[key];
      if (operator === 'Exists') return value !== undefined;
      if (operator === 'DoesNotExist') return value === undefined;
      const isIn = value !== undefined && values.includes(value);
      return operator === 'In' ? isIn : !isIn;
    })
  );
}

function deniesAll(policy: Manifest, direction: Direction): boolean {
  const spec = specOf(policy);
  const { matchLabels = {}, matchExpressions = [] } = spec.podSelector ?? {};
  const rules = direction === 'Ingress' ? spec.ingress : spec.egress;
  return (
    governs(policy, direction) &&
    Object.keys(matchLabels).length + matchExpressions.length === 0 &&
    (rules ?? []).length === 0
  );
}

/** Rules that let everybody in, or out to everywhere. */
function openRules(policy: Manifest): Finding[] {
  const { ingress = [], egress = [] } = specOf(policy);
  const from = ingress.map((rule) => ({ way: 'in from', peers: rule.from }));
  const to = egress.map((rule) => ({ way: 'out to', peers: rule.to }));
  return [...from, ...to]
    .filter(({ peers = [] }) => peers.length === 0 || peers.some(isEverybody))
    .map(({ way }) => ({
      rule: `${NAME}/open-rule`,
      place: policy.place,
      message: `A rule lets traffic ${way} everywhere.`,
    }));
}

function isEverybody(peer: unknown): boolean {
  if (!isObject(peer)) return true;
  const block = peer['ipBlock'];
  return isObject(block) && ['0.0.0.0/0', '::/0'].includes(String(block['cidr']));
}

/** One service may be reached from outside, on this machine unless a variable says otherwise. */
function inCompose({ composeFiles }: Subjects): Finding[] {
  const open = new Set(composeFiles.flatMap(({ openNetworks }) => openNetworks));
  return composeFiles.flatMap(({ services }) =>
    services.flatMap(({ place, networks, publishedPorts }): Finding[] => {
      const isPublic = publishedPorts.some((port) => !isLocal(port));
      const outside = networks.filter((network) => open.has(network));
      return [
        ...(isPublic
          ? [{ rule: `${NAME}/published`, place, message: 'A port is open to every network of the machine.' }]
          : []),
        ...(outside.length > 0 && publishedPorts.length === 0
          ? [
              {
                rule: `${NAME}/open-network`,
                place,
                message: `It publishes nothing, yet its network has a way out: ${outside.join(', ')}.`,
              },
            ]
          : []),
      ];
    }),
  );
}

const isLocal = (port: string): boolean =>
  /^(127\.0\.0\.1|\[?::1\]?|localhost|\$\{\w+:-127\.0\.0\.1\}):/.test(port);
