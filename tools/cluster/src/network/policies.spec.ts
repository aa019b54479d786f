import { describe, expect, test } from '@jest/globals';
import { type Connection, type Endpoint, isAllowed, type NetworkPolicy, type Rule } from './policies';

const pod = (app: string, namespace = 'here'): Endpoint => ({
  namespace,
  namespaceLabels: { name: namespace },
  labels: { app },
});
const policy = (
  app: string | null,
  rules: { ingress?: Rule[]; egress?: Rule[] },
  policyTypes = Object.keys(rules).map((key) => (key === 'ingress' ? 'Ingress' : 'Egress')),
): NetworkPolicy => ({
  metadata: { name: 'p', namespace: 'here' },
  spec: { podSelector: app === null ? {} : { matchLabels: { app } }, policyTypes, ...rules },
});
const to80 = (from: Endpoint, to: Endpoint): Connection => ({ from, to, port: 80, protocol: 'TCP' });
const app = (name: string) => ({ podSelector: { matchLabels: { app: name } } });

describe('network policies', () => {
  test('without a policy everything is open', () => {
    expect(isAllowed([], to80(pod('a'), pod('b')))).toBe(true);
  });

  test('a policy without rules closes its direction, and only that one', () => {
    const closed = [policy('b', {}, ['Ingress'])];
    expect(isAllowed(closed, to80(pod('a'), pod('b')))).toBe(false);
    expect(isAllowed(closed, to80(pod('b'), pod('a')))).toBe(true);
    expect(isAllowed(closed, to80(pod('a'), pod('b', 'there')))).toBe(true);
  });

  test('both ends have to agree', () => {
    const ingress = policy('b', { ingress: [{ from: [app('a')] }] });
    const egress = policy('a', { egress: [{ to: [app('b')] }] });
    const deny = policy(null, {}, ['Ingress', 'Egress']);
    expect(isAllowed([deny, ingress], to80(pod('a'), pod('b')))).toBe(false);
    expect(isAllowed([deny, egress], to80(pod('a'), pod('b')))).toBe(false);
    expect(isAllowed([deny, egress, ingress], to80(pod('a'), pod('b')))).toBe(true);
  });

  test('ports and protocols count', () => {
    const tcp = [policy('b', { ingress: [{ ports: [{ port: 80 }] }] })];
    expect(isAllowed(tcp, to80(pod('a'), pod('b')))).toBe(true);
    expect(isAllowed(tcp, { ...to80(pod('a'), pod('b')), port: 81 })).toBe(false);
    expect(isAllowed(tcp, { ...to80(pod('a'), pod('b')), protocol: 'UDP' })).toBe(false);
  });

  test('a peer is of the same namespace, unless it names others', () => {
    const own = [policy('b', { ingress: [{ from: [app('a')] }] })];
    expect(isAllowed(own, to80(pod('a'), pod('b')))).toBe(true);
    expect(isAllowed(own, to80(pod('a', 'there'), pod('b')))).toBe(false);
    const named = { namespaceSelector: { matchLabels: { name: 'there' } } };
    const other = [policy('b', { ingress: [{ from: [{ ...named, ...app('a') }] }] })];
    expect(isAllowed(other, to80(pod('a', 'there'), pod('b')))).toBe(true);
    expect(isAllowed(other, to80(pod('c', 'there'), pod('b')))).toBe(false);
    expect(isAllowed(other, to80(pod('a'), pod('b')))).toBe(false);
  });

  test('a block of addresses is for what is outside', () => {
    const block = { ipBlock: { cidr: '10.1.0.0/16', except: ['10.1.2.0/24'] } };
    const out = [policy('a', { egress: [{ to: [block] }] })];
    for (const [ip, allowed] of Object.entries({ '10.1.1.1': true, '10.1.2.1': false, '10.2.1.1': false }))
      expect([ip, isAllowed(out, to80(pod('a'), { ip }))]).toEqual([ip, allowed]);
    expect(isAllowed(out, to80(pod('a'), pod('b')))).toBe(false);
    const any = [policy('a', { egress: [{ to: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] })];
    expect(isAllowed(any, to80(pod('a'), { ip: '203.0.113.9' }))).toBe(true);
    expect(isAllowed([policy('a', { egress: [{}] })], to80(pod('a'), { ip: '203.0.113.9' }))).toBe(true);
  });

  test('what it cannot evaluate is an error, not a yes', () => {
    const ranged = policy('b', { ingress: [{ ports: [{ port: 80, ...{ endPort: 90 } }] }] });
    expect(() => isAllowed([ranged], to80(pod('a'), pod('b')))).toThrow('"endPort" is not evaluated here');
  });
});
