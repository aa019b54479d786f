/** `docker-compose.monitoring.yml`, laid over `docker-compose.yml`. */
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
import { describeWhere } from '@tidewatch/testing';
import { fetchComposeLoader, loadCompose, missingForCompose } from './compose-loader';
import { readCompose, readVariables } from './compose-file';
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

  test.each(own)('%s is hardened, pinned to a version, and waits for what it needs', (_, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], pids_limit: 256 });
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
    expect(service.user).toMatch(/^[1-9]\d*:\d+$/);
    expect(service.image).toMatch(/:v?\d+\.\d+\.\d+$/);
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

describeWhere('Compose', missingForCompose)('Docker Compose itself', () => {
  let folder: string;

  beforeAll(() => {
    fetchComposeLoader();
    folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-compose-'));
    for (const file of FILES) copyFileSync(path.join(ROOT, file), path.join(folder, file));
    copyFileSync(path.join(ROOT, '.env.sample'), path.join(folder, '.env'));
  }, 300_000);
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  test('reads the platform alone, and with the overlay', () => {
    expect(loadCompose(folder, FILES.slice(0, 1)).status).toBe(0);
    const { status, said } = loadCompose(folder, FILES);
    expect(status).toBe(0);
    const { services } = JSON.parse(said) as { services: object };
    expect(Object.keys(services)).toEqual(expect.arrayContaining(['gateway', 'grafana', 'prometheus']));
  });

  test('would find a word that it does not know', () => {
    const text = readFileSync(path.join(ROOT, FILES[1]!), 'utf8').replace('healthcheck:', 'healthchek:');
    writeFileSync(path.join(folder, 'wrong.yml'), text);
    const { status, said } = loadCompose(folder, [FILES[0]!, 'wrong.yml']);
    expect(status).not.toBe(0);
    expect(said).toContain('healthchek');
  });
});
