/** `deploy-platform.sh` and `manage.sh` on a control plane; what they say without one is in tools/scripts.int.spec.ts. */
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { describeWithClusterTools, clusterTool } from '@tidewatch/testing';
import { ROOT, valuesFile } from './chart';
import { ControlPlane, type Result } from './control-plane';
import { CONTROL_PLANE } from './tools';

const NAMESPACE = 'plant';
let cluster: ControlPlane;
let folder: string;

let helm = 'helm';
const script = (name: string, args: readonly string[]): Result =>
  cluster.run('env', [
    `HELM=${clusterTool(helm)}`,
    `KUBECTL=${clusterTool('kubectl')}`,
    path.join(ROOT, 'tools/scripts', name),
    ...args,
  ]);
const deploy = (...args: string[]): Result =>
  script('deploy-platform.sh', ['--namespace', NAMESPACE, '--values', valuesFile('small'), ...args]);
const manage = (...args: string[]): Result => script('manage.sh', ['--namespace', NAMESPACE, ...args]);
const uidsOf = (kinds: string): string[] =>
  cluster
    .items(NAMESPACE, kinds, 'app.kubernetes.io/instance=tidewatch')
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined)
    .filter(({ metadata }) => metadata.labels?.['app.kubernetes.io/component'] !== 'migration')
    .map(({ metadata }) => metadata.uid)
    .sort();

describeWithClusterTools(['helm', 'helm4', ...CONTROL_PLANE], 'the scripts on a control plane', () => {
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-operating-'));
    cluster = ControlPlane.start('operating');
  }, 180_000);
  afterAll(() => {
    cluster.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 60_000);

  test('wrong values are said before a namespace is made', () => {
    const { status, text } = deploy('--set', 'partitions=0');
    expect(status).toBe(1);
    expect(text).toContain("at '/partitions': minimum: got 0, want 1");
    expect(text).toContain('deploy-platform: the values are not valid');
    expect(cluster.kubectl(['get', 'namespaces', '--output', 'name'])).not.toContain(NAMESPACE);
    expect(manage('status').text).toContain('manage: there is no release tidewatch in namespace plant');
  }, 60_000);

  test('deploy-platform.sh installs, and once more changes nothing', () => {
    const first = deploy();
    expect([first.status, first.text]).toEqual([0, expect.stringContaining('Open the page:')]);
    expect(cluster.kubectl(['get', 'namespace', NAMESPACE, '--output', 'yaml'])).toContain(
      'pod-security.kubernetes.io/enforce: restricted',
    );
    const before = uidsOf('pods,deployments,secrets');
    const second = deploy();
    expect([second.status, second.text]).toEqual([0, expect.stringContaining('REVISION: 2')]);
    expect(uidsOf('pods,deployments,secrets')).toEqual(before);
    expect(deploy('--dry-run')).toEqual({ status: 0, text: 'the cluster would take it\n' });
  }, 240_000);

  test('manage.sh shows, restarts and scales', () => {
    expect(manage('status').text).toMatch(/deployment\.apps\/tidewatch-gateway +1\/1/);
    expect(manage('logs', 'storage').text).toContain('nothing runs in this pod');
    const [before, of] = [uidsOf('pods'), (uids: string[]) => new Set(uids)];
    expect(manage('restart', 'storage')).toMatchObject({ status: 0 });
    expect(uidsOf('pods').filter((uid) => !of(before).has(uid))).toHaveLength(1);
    const scaled = manage('scale', 'storage', '3');
    expect([scaled.status, scaled.text]).toEqual([
      0,
      expect.stringContaining('set services.storage.replicas=3'),
    ]);
    expect(uidsOf('pods')).toHaveLength(9);
    const refused = manage('scale', 'processing', '5');
    expect([refused.status, refused.text]).toEqual([
      1,
      'manage: processing can share the work of 4 partitions only; raise the value partitions first\n',
    ]);
    expect(uidsOf('pods')).toHaveLength(9);
  }, 240_000);

  test('Helm 4 does for both', () => {
    helm = 'helm4';
    try {
      expect(manage('status').text).toMatch(/tidewatch\s+plant\s+\d+\s.*\sdeployed\s/);
      const raised = deploy('--set', 'partitions=8');
      expect([raised.status, raised.text]).toEqual([0, expect.stringContaining('Open the page:')]);
      expect(manage('scale', 'processing', '8').status).toBe(0);
    } finally {
      helm = 'helm';
    }
  }, 240_000);

  test('a backup that fails says so, and leaves nothing that looks like one', () => {
    const target = path.join(folder, 'backup');
    // Nothing runs in these pods, so no dump can be taken.
    expect(manage('backup', target).text).toContain(
      `manage: the dump failed; what there is of it is in ${target}.partial`,
    );
    expect(existsSync(target)).toBe(false);
    writeFileSync(target, '');
    expect(manage('backup', target).text).toBe(`manage: ${target} is there already\n`);
  }, 60_000);

  test('of a half-deleted release they say what is missing, and change nothing', () => {
    cluster.kubectl(['-n', NAMESPACE, 'delete', 'deployment', 'tidewatch-storage', '--wait']);
    const before = uidsOf('pods,deployments');
    const { status, text } = manage('restart');
    expect([status, text]).toEqual([
      1,
      expect.stringContaining('has no Deployment for storage: it is half deleted'),
    ]);
    expect(manage('status')).toMatchObject({ status: 1 });
    expect(uidsOf('deployments')).toHaveLength(4);
    expect(before.filter((uid) => !uidsOf('pods,deployments').includes(uid))).toEqual([]);
    expect(deploy()).toMatchObject({ status: 0 });
    expect(uidsOf('deployments')).toHaveLength(5);
  }, 240_000);

  test('a namespace that is being deleted is left alone', () => {
    cluster.kubectl(['create', 'namespace', 'going']);
    cluster.kubectl(['-n', 'going', 'create', 'configmap', 'held']);
    cluster.kubectl([
      '-n',
      'going',
      'patch',
      'configmap',
      'held',
      '--patch',
      '{"metadata":{"finalizers":["tidewatch/held"]}}',
    ]);
    cluster.kubectl(['delete', 'namespace', 'going', '--wait=false']);
    expect(script('deploy-platform.sh', ['--namespace', 'going']).text).toContain(
      'deploy-platform: namespace going is being deleted: wait until it is gone, or choose another',
    );
  }, 60_000);
});
