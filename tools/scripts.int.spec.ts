import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';

const BUILD_IMAGES = path.join(__dirname, 'scripts/build-images.sh');
const DEPLOY_PLATFORM = path.join(__dirname, 'scripts/deploy-platform.sh');
const MANAGE = path.join(__dirname, 'scripts/manage.sh');
const MAKE_SECRETS = path.join(__dirname, 'scripts/make-secrets.sh');
/** A folder with a `docker` that says how it was called, and one in which there is no engine. */
let engines: string;

beforeAll(() => {
  engines = mkdtempSync(path.join(tmpdir(), 'tidewatch-scripts-'));
  const docker = path.join(engines, 'docker');
  writeFileSync(docker, '#!/bin/sh\necho "docker $*"\n');
  chmodSync(docker, 0o755);
});
afterAll(() => rmSync(engines, { recursive: true, force: true }));

function run(
  args: string[],
  env: Record<string, string> = {},
  script = BUILD_IMAGES,
): { status: number | null; lines: string[] } {
  const { status, stdout, stderr } = spawnSync('bash', [script, ...args], {
    encoding: 'utf8',
    env: { PATH: `${engines}:/usr/bin:/bin`, ...env },
  });
  return { status, lines: (stdout + stderr).trim().split('\n') };
}

describe('build-images.sh', () => {
  test('builds every app with the version of the package, each by its own argument', () => {
    const { status, lines } = run([]);
    expect(status).toBe(0);
    const calls = lines.filter((line) => line.startsWith('docker buildx build'));
    expect(calls.map((line) => /APP=(\S+)/.exec(line)?.[1])).toEqual([
      ...['gateway', 'ingestion', 'processing', 'storage', 'dashboard', 'simulator'],
    ]);
    expect(calls[0]).toMatch(
      /--file deploy\/docker\/Dockerfile --build-arg VERSION=\d+\.\d+\.\d+ --build-arg REVISION=\w+ --build-arg CREATED=\S+Z --load --build-arg APP=gateway --tag tidewatch-gateway:\d+\.\d+\.\d+ \.$/,
    );
  });

  test('pushes one app with what tells where it comes from', () => {
    const { lines } = run(['--push', '--repository', 'example.org/tidewatch', '--tag', 'v9', 'storage']);
    expect(lines).toHaveLength(2);
    expect(lines[1]).toMatch(
      /--push --provenance=mode=max --sbom=true .*--tag example\.org\/tidewatch-storage:v9 \.$/,
    );
  });

  test('--dry-run only prints', () => {
    const { status, lines } = run(['--dry-run', 'gateway'], { ENGINE: 'docker' });
    expect(status).toBe(0);
    expect(lines[1]).toMatch(/^docker buildx build /);
  });

  test.each([
    [['nothing'], {}, 2, 'build-images: "nothing" is none of: gateway'],
    [['--tga', 'x'], {}, 2, 'build-images: unknown option --tga; see --help'],
    [['--tag'], {}, 2, 'build-images: --tag takes a value'],
    [[], { ENGINE: 'no-such-engine' }, 1, 'build-images: neither docker nor podman is installed'],
    [['--help'], {}, 0, "Builds the images of Tidewatch's services"],
  ])('%j says what is wrong and builds nothing', (args, env, status, line) => {
    const result = run(args, env);
    expect(result.status).toBe(status);
    expect(result.lines[0]).toContain(line);
    expect(result.lines.filter((text) => text.startsWith('docker '))).toEqual([]);
  });
});

describe('make-secrets.sh', () => {
  const contents = (folder: string) =>
    Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(path.join(folder, name), 'utf8')]),
    );

  test('makes each secret once, in a folder that is closed to others', () => {
    const folder = path.join(engines, 'secrets');
    expect(run([folder], {}, MAKE_SECRETS).status).toBe(0);
    expect(statSync(folder).mode & 0o777).toBe(0o700);
    const first = contents(folder);
    expect(new Set(Object.values(first)).size).toBe(11);
    for (const name of ['bootstrap-key', 'ingest-key'])
      expect(first[name]).toMatch(/^tw_[0-9A-Za-z]{12}_[\w-]{43}$/);
    for (const secret of Object.values(first)) expect(secret.length).toBeGreaterThanOrEqual(40);
    rmSync(path.join(folder, 'session-key'));
    expect(run([folder], {}, MAKE_SECRETS).lines).toEqual([`made ${folder}/session-key`]);
    const { 'session-key': renewed, ...kept } = contents(folder);
    expect(first).toMatchObject(kept);
    expect(renewed).not.toBe(first['session-key']);
  });

  test.each([
    [['--all'], 2, 'make-secrets: unknown option --all; see --help'],
    [['a', 'b'], 2, 'make-secrets: takes one folder at most; see --help'],
    [['/proc/secrets'], 1, 'make-secrets: cannot make /proc/secrets'],
    [['--help'], 0, 'Makes passwords and keys for docker compose, each in a file of its own under secrets/.'],
  ])('%j says what is wrong', (args, status, line) => {
    const result = run(args, {}, MAKE_SECRETS);
    expect(result.status).toBe(status);
    expect(result.lines).toContain(line);
  });
});

describe('deploy-platform.sh and manage.sh', () => {
  const program = (name: string, text: string): string => {
    const file = path.join(engines, name);
    writeFileSync(file, `#!/bin/sh\necho "$0 $*" >>"${engines}/calls"\n${text}\n`);
    chmodSync(file, 0o755);
    return file;
  };
  const calls = (): string[] => {
    const file = path.join(engines, 'calls');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  };

  test.each([
    [DEPLOY_PLATFORM, ['--names', 'x'], 2, 'deploy-platform: unknown option --names; see --help'],
    [DEPLOY_PLATFORM, ['--namespace'], 2, 'deploy-platform: --namespace takes a value'],
    [DEPLOY_PLATFORM, ['--values', '/no/such/file'], 1, 'deploy-platform: /no/such/file cannot be read'],
    [DEPLOY_PLATFORM, ['--help'], 0, '  tools/scripts/deploy-platform.sh [options]'],
    [MANAGE, [], 2, 'manage: what shall be done? see --help'],
    [MANAGE, ['delete'], 2, 'manage: "delete" is none of: status logs restart scale port-forward backup'],
    [MANAGE, ['--help'], 0, 'Looks after a Tidewatch on Kubernetes.'],
  ])('%s %j says what is wrong', (script, args, status, line) => {
    const result = run(args, {}, script);
    expect(result.status).toBe(status);
    expect(result.lines).toContain(line);
  });

  test.each([
    [DEPLOY_PLATFORM, 'deploy-platform', []],
    [MANAGE, 'manage', ['status']],
  ])(
    '%s names the program that is missing, and what the cluster says when it does not answer',
    (script, name, args) => {
      const KUBECTL = program('kubectl-away', 'echo "dial tcp 127.0.0.1:1: connection refused" >&2; exit 1');
      const HELM = program('helm-away', 'exit 1');
      const absent = path.join(engines, 'none');
      expect(run(args, { KUBECTL: absent, HELM }, script).lines).toEqual([
        `${name}: kubectl is not installed (or KUBECTL names none)`,
      ]);
      expect(run(args, { KUBECTL, HELM: absent }, script).lines).toEqual([
        `${name}: helm is not installed (or HELM names none)`,
      ]);
      expect(run(args, { KUBECTL, HELM }, script)).toEqual({
        status: 1,
        lines: [`${name}: the cluster does not answer: dial tcp 127.0.0.1:1: connection refused`],
      });
    },
  );

  test.each([
    ['pending-install', 'was never finished (pending-install): run helm uninstall tidewatch'],
    ['pending-upgrade', 'is pending-upgrade: another helm is at work, or was killed'],
    ['uninstalling', 'is half deleted (uninstalling): run helm uninstall tidewatch'],
  ])('a release that is %s is left as it is', (state, sentence) => {
    rmSync(path.join(engines, 'calls'), { force: true });
    const KUBECTL = program('kubectl-half', 'case $* in *namespace*) echo Active;; esac');
    const HELM = program(
      'helm-half',
      `case $1 in list) echo '[{"name":"tidewatch","status":"${state}"}]';; esac`,
    );
    const { status, lines } = run([], { KUBECTL, HELM }, DEPLOY_PLATFORM);
    expect([status, lines]).toEqual([1, [expect.stringContaining(sentence)]]);
    expect(calls().filter((line) => !/ (version|get|list) /.test(line))).toEqual([]);
  });

  test('a backup is the dump of the database and the secrets, for its owner alone', () => {
    const target = path.join(engines, 'backup');
    const KUBECTL = program(
      'kubectl-dumps',
      'case $* in *"get statefulset"*) echo statefulset.apps/tidewatch-timescaledb;; *" exec "*) echo dump;; *secrets*) echo secrets;; esac',
    );
    const HELM = program('helm-there', 'exit 0');
    expect(run(['backup', target], { KUBECTL, HELM }, MANAGE).status).toBe(0);
    expect(readFileSync(path.join(target, 'database.dump'), 'utf8')).toBe('dump\n');
    expect(readFileSync(path.join(target, 'secrets.yaml'), 'utf8')).toBe('secrets\n');
    expect(statSync(target).mode & 0o777).toBe(0o700);
  });
});
