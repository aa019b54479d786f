import { rmSync } from 'node:fs';
import path from 'node:path';
import { afterEach, describe, expect, test } from '@jest/globals';
import { describeWithClusterTools } from '@tidewatch/testing';
import type { Finding } from '../finding';
import { gatherSubjects } from '../subjects/subjects';
import { CLEAN_FILES, writeProject } from '../testing/clean-project';
import { CHECKS } from '.';

let root: string;
afterEach(() => rmSync(root, { recursive: true, force: true }));

async function findings(files: Readonly<Record<string, string>>): Promise<Finding[]> {
  root = writeProject(files);
  const subjects = gatherSubjects({
    root,
    url: undefined,
    manifests: path.join(root, 'manifests.yaml'),
  });
  const found: Finding[] = [];
  for (const check of CHECKS) found.push(...(await check.run(subjects)).findings);
  return found;
}

/** The clean project with one text of one file replaced. */
function withFault(file: string, clean: string, faulty: string): Record<string, string> {
  const text = CLEAN_FILES[file]!;
  if (!text.includes(clean)) throw new Error(`${file} has no "${clean}"`);
  return { ...CLEAN_FILES, [file]: text.replace(clean, faulty) };
}

test('finds nothing in a clean project', async () => {
  expect(await findings(CLEAN_FILES)).toEqual([]);
});

const MANIFESTS = 'manifests.yaml';
const COMPOSE = 'docker-compose.yml';
const DOCKERFILE = 'deploy/docker/Dockerfile';
const CONTROLLER = 'apps/web/src/web.controller.ts';

describe.each<[check: string, faults: [rule: string, file: string, clean: string, faulty: string][]]>([
  [
    'hard-coded-secrets',
    [
      ['variable', '.env.sample', 'ADMIN_PASSWORD=', 'ADMIN_PASSWORD=hunter2'],
      [
        'url',
        COMPOSE,
        'SESSION_KEY_FILE: /run',
        'DATABASE_URL: postgres://web:hunter2@db/web\n      KEY_FILE: /run',
      ],
      ['container-variable', COMPOSE, 'SESSION_KEY_FILE: /run/secrets/session-key', 'SESSION_KEY: hunter2'],
      ['container-variable', MANIFESTS, 'name: SESSION_KEY_FILE, value', 'name: SESSION_KEY, value'],
    ],
  ],
  [
    'security-contexts',
    [
      [
        'privileged',
        MANIFESTS,
        'readOnlyRootFilesystem: true',
        'readOnlyRootFilesystem: true\n            privileged: true',
      ],
      ['privileged', COMPOSE, 'read_only: true', 'read_only: true\n    privileged: true'],
      [
        'privilege-escalation',
        MANIFESTS,
        'allowPrivilegeEscalation: false',
        'allowPrivilegeEscalation: true',
      ],
      ['privilege-escalation', COMPOSE, "'no-new-privileges:true'", ''],
      ['capabilities', MANIFESTS, 'drop: [ALL]', 'drop: [NET_RAW]'],
      ['capabilities', MANIFESTS, 'drop: [ALL]', 'drop: [ALL], add: [NET_ADMIN]'],
      ['capabilities', COMPOSE, 'cap_drop: [ALL]', 'cap_drop: [ALL]\n    cap_add: [SYS_ADMIN]'],
      ['read-only-root', MANIFESTS, 'readOnlyRootFilesystem: true', 'readOnlyRootFilesystem: false'],
      ['read-only-root', COMPOSE, 'read_only: true', 'read_only: false'],
      ['seccomp', MANIFESTS, 'type: RuntimeDefault', 'type: Unconfined'],
      ['seccomp', COMPOSE, "'no-new-privileges:true'", "'no-new-privileges:true', 'seccomp:unconfined'"],
      [
        'host-access',
        MANIFESTS,
        'automountServiceAccountToken',
        'hostNetwork: true\n      automountServiceAccountToken',
      ],
      ['host-access', MANIFESTS, 'emptyDir: { sizeLimit: 16Mi }', 'hostPath: { path: /etc }'],
      ['host-access', COMPOSE, 'ports:', "volumes: ['/var/run/docker.sock:/sock']\n    ports:"],
    ],
  ],
  [
    'network-policies',
    [
      [
        'default-deny',
        MANIFESTS,
        'podSelector: {}, policyTypes: [Ingress, Egress]',
        'podSelector: {}, policyTypes: [Ingress]',
      ],
      [
        'open-rule',
        MANIFESTS,
        'from: [{ podSelector: { matchLabels: { app: front } } }]',
        'ports: [{ port: 8080 }]',
      ],
      [
        'open-rule',
        MANIFESTS,
        'to: [{ podSelector: { matchLabels: { app: database } } }]',
        "to: [{ ipBlock: { cidr: '0.0.0.0/0' } }]",
      ],
      ['published', COMPOSE, '127.0.0.1:8080:8080', '8080:8080'],
      ['open-network', COMPOSE, "ports: ['127.0.0.1:8080:8080']", 'ports: []'],
    ],
  ],
  [
    'resource-limits',
    [
      ['memory-limit', MANIFESTS, 'limits: { memory: 256Mi }', 'limits: { cpu: 1 }'],
      ['memory-limit', COMPOSE, 'mem_limit: 256m\n', '\n'],
      ['reservation', MANIFESTS, 'requests: { cpu: 50m, memory: 128Mi }', 'requests: { memory: 128Mi }'],
      ['reservation', COMPOSE, 'pids_limit: 64\n', '\n'],
      ['volume-size', MANIFESTS, 'emptyDir: { sizeLimit: 16Mi }', 'emptyDir: {}'],
      ['volume-size', COMPOSE, '/tmp:size=16m', '/tmp'],
    ],
  ],
  [
    'health-probes',
    [
      ['probes', MANIFESTS, 'startupProbe', 'noProbe'],
      ['probes', COMPOSE, 'healthcheck: { test', 'healthcheck: { disable: true, test'],
      [
        'same-probe',
        MANIFESTS,
        'readinessProbe: { httpGet: { path: /readyz',
        'readinessProbe: { httpGet: { path: /livez',
      ],
    ],
  ],
  [
    'api-authentication',
    [
      ['unsaid', CONTROLLER, "@RequireScope('read')\n", ''],
      ['public', CONTROLLER, "@RequireScope('admin')", '@Public()'],
      ['public', CONTROLLER, "@RequireScope('read')", "@SetMetadata(ACCESS_METADATA, 'public')"],
    ],
  ],
  [
    'non-root',
    [
      ['root', MANIFESTS, 'runAsNonRoot: true', 'runAsNonRoot: false'],
      ['root', MANIFESTS, 'runAsUser: 10001', 'runAsUser: 0'],
      ['root', COMPOSE, 'read_only: true', "read_only: true\n    user: '0:0'"],
      ['unknown-user', COMPOSE, 'image: tidewatch-web:1.0.0', 'image: postgres:18'],
      ['image-user', DOCKERFILE, 'USER 10001:10001\n', ''],
      ['image-user', DOCKERFILE, 'USER 10001:10001', 'USER node'],
      ['image-user', DOCKERFILE, 'USER 10001:10001', 'USER 10001:10001\nUSER root'],
    ],
  ],
  [
    'secret-handling',
    [
      [
        'environment',
        MANIFESTS,
        'name: SESSION_KEY_FILE, value: /run/secrets/session-key',
        'name: SESSION_KEY, valueFrom: { secretKeyRef: { name: keys, key: session } }',
      ],
      ['environment', MANIFESTS, 'env: [', 'envFrom: [{ secretRef: { name: keys } }]\n          env: ['],
      [
        'service-account-token',
        MANIFESTS,
        'automountServiceAccountToken: false',
        'automountServiceAccountToken: true',
      ],
      ['config-map', MANIFESTS, 'data: { LOG_LEVEL: info }', 'data: { ADMIN_PASSWORD: hunter2 }'],
      ['in-git', '.gitignore', 'secrets/\n', ''],
      ['in-git', '.gitignore', '.env\n', ''],
      ['in-image', `${DOCKERFILE}.dockerignore`, 'secrets', ''],
      ['build-argument', DOCKERFILE, 'ENV NODE_ENV=production', 'ARG NPM_TOKEN'],
    ],
  ],
])('%s', (check, faults) => {
  test.each(faults)('%s in %s: "%s" → "%s"', async (rule, file, clean, faulty) => {
    const found = await findings(withFault(file, clean, faulty));
    expect(found.map((finding) => finding.rule)).toContain(`${check}/${rule}`);
  });
});

test('a pod that no policy knows is ungoverned', async () => {
  const files = withFault(MANIFESTS, 'labels: { app: web }', 'labels: { app: other }');
  const manifests = files[MANIFESTS]!.replace(
    'spec: { podSelector: {},',
    'spec: { podSelector: { matchLabels: { app: web } },',
  );
  const found = await findings({ ...files, [MANIFESTS]: manifests });
  expect(
    found.filter(({ rule }) => rule === 'network-policies/ungoverned').map(({ message }) => message),
  ).toEqual([
    'No policy governs its ingress traffic, so all of it is let through.',
    'No policy governs its egress traffic, so all of it is let through.',
  ]);
});

test('names the file, the line and the thing', async () => {
  const [finding] = await findings(withFault(COMPOSE, 'mem_limit: 256m\n', '\n'));
  expect(finding!.place).toEqual({ file: COMPOSE, line: 2, subject: 'service web' });
  rmSync(root, { recursive: true, force: true });
  const [other] = await findings(withFault(MANIFESTS, 'limits: { memory: 256Mi }', 'limits: {}'));
  expect(other!.place.subject).toBe('Deployment/web, container web');
});

describeWithClusterTools(['trivy'], 'with Trivy', () => {
  test('finds a key in the source tree, and not in what git leaves out', async () => {
    // In two parts, so that this file is clean.
    const key = ['ghp', 'aB3dE5fG7hJ9kL1mN2pQ4rS6tU8vW0xY2zA4'].join('_');
    const found = await findings({
      ...CLEAN_FILES,
      'apps/web/src/upload.ts': `const key = '${key}';\n`,
      'secrets/session-key': key,
    });
    expect(found).toEqual([
      expect.objectContaining({
        rule: 'hard-coded-secrets/github-pat',
        place: { file: 'apps/web/src/upload.ts', line: 1 },
      }),
    ]);
  });
});
