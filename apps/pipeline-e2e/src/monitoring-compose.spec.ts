/** `docker-compose.monitoring.yml`, laid over `docker-compose.yml`. */
import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { clusterTool, describeWithClusterTools } from '@tidewatch/testing';
import { type ComposeService, readCompose, readVariables } from './compose-file';
import { ROOT } from './dockerfile';

const FILES = ['docker-compose.yml', 'docker-compose.monitoring.yml'];
const variables = readVariables('.env.sample');
const platform = readCompose(variables);
const overlay = readCompose(variables, 'docker-compose.monitoring.yml');
const own = Object.entries(overlay.services);

describe('docker-compose.monitoring.yml', () => {
  test('needs no variable, and .env.sample has its defaults', () => {
    expect(readCompose({}, 'docker-compose.monitoring.yml')).toEqual(overlay);
  });

  test('adds Prometheus and Grafana, and changes nothing of the platform', () => {
    expect(Object.keys(overlay.services)).toEqual(['prometheus', 'grafana']);
  });

  test.each(own)('%s is hardened, pinned by digest, and waits for what it needs', (_, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], pids_limit: 256 });
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
    expect(service.user).toMatch(/^[1-9]\d*:\d+$/);
    expect(service.image).toMatch(/:v?\d+\.\d+\.\d+@sha256:[0-9a-f]{64}$/);
    expect(service.healthcheck).toBeDefined();
    const known = { ...platform.services, ...overlay.services };
    for (const needed of Object.keys(service.depends_on ?? {})) expect(Object.keys(known)).toContain(needed);
  });

  test('opens Grafana to this machine, and Prometheus to nobody', () => {
    expect(own.map(([name, { ports, networks }]) => ({ name, ports, networks }))).toEqual([
      { name: 'prometheus', ports: undefined, networks: ['inside'] },
      { name: 'grafana', ports: ['127.0.0.1:3000:3000'], networks: ['inside', 'outside'] },
    ]);
  });

  test('keeps every password in a file that make-secrets.sh makes', () => {
    for (const [, { environment = {} }] of own) {
      const byValue = Object.keys(environment).filter((name) => /(PASSWORD|KEY|SECRET)$/.test(name));
      expect(byValue).toEqual([]);
    }
    const files = { ...platform.secrets, ...overlay.secrets };
    for (const secret of own.flatMap(([, { secrets = [] }]) => secrets))
      expect(files[secret]).toEqual({ file: `./secrets/${secret}` });
  });

  test('mounts files that are there, to be read only', () => {
    const mounts = own.flatMap(([, { volumes = [] }]) => volumes.filter((volume) => volume.startsWith('./')));
    expect(mounts).toHaveLength(4);
    for (const mount of mounts) {
      const [source = '', , mode] = mount.split(':');
      expect({ mode, there: existsSync(path.join(ROOT, source)) }).toEqual({ mode: 'ro', there: true });
    }
    expect(readdirSync(path.join(ROOT, 'deploy/grafana/dashboards')).sort()).toEqual([
      ...['database.json', 'kafka.json', 'pipeline.json', 'service.json'],
    ]);
  });
});

describeWithClusterTools(['docker-compose'], 'docker compose config', () => {
  let folder: string;

  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-compose-'));
    for (const file of FILES) copyFileSync(path.join(ROOT, file), path.join(folder, file));
    copyFileSync(path.join(ROOT, '.env.sample'), path.join(folder, '.env'));
    execFileSync(path.join(ROOT, 'tools/scripts/make-secrets.sh'), [path.join(folder, 'secrets')]);
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  /** Exit code and what it says of the files together, as `cp .env.sample .env` and make-secrets.sh leave their folder. */
  function config(files: readonly string[], ...options: string[]) {
    const given = files.flatMap((file) => ['--file', file]);
    const { status, stdout, stderr } = spawnSync(
      clusterTool('docker-compose'),
      [...given, '--profile', '*', 'config', ...options],
      // Variables of this process would win over those of .env.
      { cwd: folder, encoding: 'utf8', env: { PATH: process.env['PATH'], HOME: folder } },
    );
    return { status, stdout, stderr };
  }

  test.each([[FILES.slice(0, 1)], [FILES]])('finds nothing in %j, not even a warning', (files) => {
    expect(config(files, '--quiet')).toEqual({ status: 0, stdout: '', stderr: '' });
  });

  test('understands the files as these tests do', () => {
    const { stdout } = config(FILES, '--format', 'json');
    const { services } = JSON.parse(stdout) as {
      services: Record<string, Pick<ComposeService, 'image' | 'environment' | 'command'>>;
    };
    const ours = Object.entries({ ...platform.services, ...overlay.services });
    expect(Object.keys(services).sort()).toEqual(ours.map(([name]) => name).sort());
    for (const [name, { image, environment = {}, command = null }] of ours) {
      const asText = Object.entries(environment).map(([variable, value]) => [variable, String(value)]);
      expect(services[name]).toMatchObject({ image, command });
      expect(services[name]?.environment ?? {}).toEqual(Object.fromEntries(asText));
    }
  });

  test.each([
    ['healthcheck:', 'healthchek:', "additional properties 'healthchek' not allowed"],
    ['mem_limit: 512m', 'mem_limit: much', 'much'],
    ['networks: [inside]', 'networks: [insight]', 'undefined network insight'],
  ])('would find a fault: %s as %s', (right, wrong, said) => {
    const text = readFileSync(path.join(ROOT, FILES[1]!), 'utf8').replace(right, wrong);
    writeFileSync(path.join(folder, 'wrong.yml'), text);
    const { status, stderr } = config([FILES[0]!, 'wrong.yml'], '--quiet');
    expect(status).not.toBe(0);
    expect(stderr).toContain(said);
  });
});
