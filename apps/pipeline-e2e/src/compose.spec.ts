/** `docker compose up` without a container engine: the files of the images, with the settings, commands and probes of docker-compose.yml. */
import { type ChildProcess, execFileSync } from 'node:child_process';
import { copyFileSync, lstatSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import {
  describeWithKafka,
  freePort,
  type KafkaBroker,
  type PostgresServer,
  startKafka,
  startPostgres,
  waitFor,
} from '@tidewatch/testing';
import pg from 'pg';
import { type ComposeService, readCompose, readVariables } from './compose-file';
import { ROOT } from './dockerfile';
import { type App, APPS, ended, ImageFiles, plan } from './image-files';
import { missingForNode } from './node-distribution';
import { writeStageNetwork } from './stage-network';

const compose = readCompose(readVariables('.env.sample'));
const BACKENDS = ['ingestion', 'processing', 'storage', 'dashboard'] as const;
const PORTS: Partial<Record<App, number[]>> = {
  ...{ ingestion: [8081], processing: [8082], storage: [8083], dashboard: [8084], gateway: [8080, 8085] },
};
const STOP_MS = 15_000;
const own = Object.entries(compose.services).filter(([, { image }]) => image.startsWith('tidewatch-'));

describe('the Dockerfile', () => {
  test('pins every base by digest, runs as a high user, and leaves probes to the orchestrator', () => {
    for (const base of plan.bases) expect(base).toMatch(/@sha256:[0-9a-f]{64}$/);
    for (const id of plan.user.split(':')) expect(Number(id)).toBeGreaterThanOrEqual(10_000);
    expect(plan.instructions.filter((line) => /^(HEALTHCHECK|ADD|VOLUME)\b/.test(line))).toEqual([]);
    expect(plan.bases.at(-1)).toMatch(/^gcr\.io\/distroless\/nodejs24-/);
  });
});

describe('docker-compose.yml', () => {
  test('needs no variable, and .env.sample has every one that it knows with its default', () => {
    const sample = readVariables('.env.sample');
    expect(readCompose({})).toEqual(compose);
    const files = ['docker-compose.yml', 'docker-compose.monitoring.yml'];
    const text = files.map((file) => readFileSync(path.join(ROOT, file), 'utf8')).join('');
    const used = new Set([...text.matchAll(/\$\{(\w+)/g)].map(([, name]) => name));
    expect(Object.keys(sample).sort()).toEqual([...used].sort());
  });

  test.each(own)('%s is hardened, and starts when what it needs is healthy', (name, service) => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'], pids_limit: 256 });
    expect(service.security_opt).toEqual(['no-new-privileges:true']);
    expect(service.mem_limit).toMatch(/^\d+[mg]$/);
    if (name !== 'migrate' && name !== 'simulator') expect(service.healthcheck).toBeDefined();
    for (const [needed, { condition }] of Object.entries(service.depends_on ?? {}))
      expect(condition).toBe(needed === 'migrate' ? 'service_completed_successfully' : 'service_healthy');
  });

  test('opens one port, to this machine, and keeps the rest inside', () => {
    const open = Object.entries(compose.services).filter(([, { ports }]) => ports !== undefined);
    expect(open.map(([name, { ports }]) => [name, ports])).toEqual([['gateway', ['127.0.0.1:8080:8080']]]);
    expect(compose.networks['inside']).toEqual({ internal: true });
    for (const [name, { networks }] of Object.entries(compose.services))
      expect(networks).toEqual(name === 'gateway' ? ['inside', 'outside'] : ['inside']);
  });

  test('gives each service only the secrets that its settings name, and no secret by value', () => {
    for (const { environment = {}, secrets = [] } of Object.values(compose.services)) {
      const named = Object.values(environment).flatMap(
        (value) => /^\/run\/secrets\/(.+)$/.exec(String(value))?.[1] ?? [],
      );
      expect([...secrets].sort()).toEqual(named.sort());
      const byValue = Object.keys(environment).filter((key) => /(PASSWORD|KEY|SECRET)$/.test(key));
      expect(byValue).toEqual([]);
    }
  });
});

const describeImages = missingForNode === null ? describeWithKafka : describe.skip;
describeImages('the images, as docker-compose.yml runs them', () => {
  let files: ImageFiles;
  let stage: string;
  let postgres: PostgresServer | undefined;
  let kafka: KafkaBroker | undefined;
  const routes: Record<string, number> = {};
  const running = new Map<App, ChildProcess>();

  beforeAll(async () => {
    files = ImageFiles.assemble();
    stage = mkdtempSync(path.join(tmpdir(), 'tidewatch-stage-'));
    execFileSync('chmod', ['755', stage]);
    execFileSync(path.join(ROOT, 'tools/scripts/make-secrets.sh'), [path.join(stage, 'secrets')], {
      stdio: 'pipe',
    });
    // Compose mounts the files, whoever owns their folder.
    execFileSync('chmod', ['755', path.join(stage, 'secrets')]);
    [postgres, kafka] = await Promise.all([
      startPostgres({ dataDir: path.join(stage, 'postgres'), database: 'tidewatch', ephemeral: true }),
      startKafka({ dataDir: path.join(stage, 'kafka') }),
    ]);
    await makeOwner(postgres.url, secretOf('database-owner'));
    Object.assign(routes, { 'kafka:9092': kafka.port, 'timescaledb:5432': postgres.port });
    for (const [app, ports] of Object.entries(PORTS))
      for (const port of ports) routes[`${app}:${port}`] = await freePort();
    for (const app of APPS) writeStageNetwork(path.join(stage, `${app}.cjs`), app, routes);
  }, 300_000);

  afterAll(async () => {
    files.remove();
    await Promise.all([postgres?.stop(), kafka?.stop()]);
    rmSync(stage, { recursive: true, force: true });
  }, 60_000);

  const secretOf = (name: string) => readFileSync(path.join(stage, 'secrets', name), 'utf8');

  function runAs(app: App, service: ComposeService, args: readonly string[]): ChildProcess {
    const env = Object.entries(service.environment ?? {}).map(([name, value]) => [
      name,
      String(value).replace('/run/secrets', path.join(stage, 'secrets')),
    ]);
    const network = ['--require', path.join(stage, `${app}.cjs`)];
    return files.run(app, [...network, ...args], Object.fromEntries(env) as Record<string, string>);
  }

  /** As the entry point and the command of the service. */
  function up(app: App, name: string = app): ChildProcess {
    const service = compose.services[name]!;
    return runAs(app, service, [...plan.nodeArguments, ...(service.command ?? plan.defaultArguments)]);
  }

  /** By the probe of the file, run as the file says. */
  async function healthy(app: App): Promise<void> {
    const [kind, node, ...args] = compose.services[app]!.healthcheck!.test;
    expect([kind, node]).toEqual(['CMD', '/nodejs/bin/node']);
    await waitFor(
      `${app} to be healthy`,
      async () => (await ended(runAs(app, compose.services[app]!, args))) === 0,
      90_000,
    ).catch((error: unknown) => {
      throw new Error(`${String(error)}\n${files.said.slice(-20).join('\n')}`, { cause: error });
    });
  }

  async function api(pathname: string, init: RequestInit = {}): Promise<Response> {
    return fetch(`http://127.0.0.1:${routes['gateway:8080']!}${pathname}`, {
      ...init,
      headers: { 'x-api-key': secretOf('bootstrap-key'), 'content-type': 'application/json' },
    });
  }

  test('hold files that their user cannot write, and no tests', () => {
    const names = readdirSync(files.folder, { recursive: true, encoding: 'utf8' });
    const writable = names.filter((name) => {
      const stats = lstatSync(path.join(files.folder, name));
      // The image's user is neither owner nor in the group.
      return !stats.isSymbolicLink() && (stats.mode & 0o002) !== 0;
    });
    expect(writable).toEqual([]);
    expect(names.filter((name) => /^[a-z]+\/dist\/.*(spec|for-tests|testing)/.test(name))).toEqual([]);
  });

  test('list what they hold', () => {
    const list = JSON.parse(readFileSync(path.join(files.folder, 'sbom.cdx.json'), 'utf8')) as {
      bomFormat: string;
      components: { name: string }[];
    };
    expect(list.bomFormat).toBe('CycloneDX');
    const names = list.components.map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining(['fastify', 'kafkajs', 'pg']));
    expect(names).not.toContain('jest');
  });

  test('migrate makes logins, schema, topics and the first keys; twice is as once', async () => {
    expect(await ended(up('storage', 'migrate'))).toBe(0);
    expect(files.said.join('\n')).toContain('the bootstrap key is known now');
    expect(await ended(up('storage', 'migrate'))).toBe(0);
    const said = files.said.join('\n');
    expect(said).toContain('the bootstrap ingest key was known already');
    expect(said).toContain('topic readings.v1: 12 partitions, unchanged');
    for (const name of readdirSync(path.join(stage, 'secrets'))) expect(said).not.toContain(secretOf(name));
  }, 90_000);

  test('take a reading from the front door to the database, serve the page, and play a plant', async () => {
    for (const app of BACKENDS) running.set(app, up(app));
    for (const app of BACKENDS) await healthy(app);
    running.set('gateway', up('gateway'));
    await healthy('gateway');
    const body = JSON.stringify({ device: 'image-1', metric: 'pressure', value: 4.7 });
    expect((await api('/v1/readings', { method: 'POST', body })).status).toBe(202);
    await waitFor('the device', async () => (await (await api('/v1/devices')).text()).includes('image-1'));
    expect(await (await api('/')).text()).toContain('<title>Tidewatch');
    running.set('simulator', up('simulator'));
    await waitFor('a plant', async () => {
      const { items } = (await (await api('/v1/devices')).json()) as { items: unknown[] };
      return items.length > 5;
    });
  }, 240_000);

  test('pass the script of helm test: a reading goes in and comes back', async () => {
    const script = path.join(stage, 'round-trip.js');
    copyFileSync(path.join(ROOT, 'deploy/helm/tidewatch/files/round-trip.js'), script);
    const roundTrip = (key: string) =>
      runAs(
        'gateway',
        {
          image: '',
          environment: {
            GATEWAY_URL: 'http://gateway:8080',
            API_KEY_FILE: `/run/secrets/${key}`,
            DEVICE: 'helm-test',
            TIMEOUT_SECONDS: '60',
          },
        },
        [script],
      );
    expect(await ended(roundTrip('bootstrap-key'))).toBe(0);
    expect(files.said.join('\n')).toContain('a reading of helm-test went in and came back');
    // A key that may only send: it says at once that the history is refused. The services go on talking meanwhile.
    expect(await ended(roundTrip('ingest-key'))).toBe(1);
    expect(files.said.join('\n')).toMatch(
      /round trip failed: the series did not come into the history: .* 403/,
    );
  }, 90_000);

  test('end at once and with 0 when they are told to', async () => {
    expect(running.size).toBe(APPS.length);
    const startedAt = Date.now();
    for (const child of running.values()) child.kill('SIGTERM');
    expect(await Promise.all([...running.values()].map(ended))).toEqual(APPS.map(() => 0));
    expect(Date.now() - startedAt).toBeLessThan(STOP_MS);
  }, 60_000);

  test('name the setting or the file that is missing, and stop', async () => {
    const storage = compose.services['storage']!;
    const environment = {
      ...storage.environment,
      SESSION_KEY_FILE: '/run/secrets/no-such-secret',
      PORT: 'x',
    };
    files.said.length = 0;
    const child = runAs('storage', { ...storage, environment }, plan.defaultArguments);
    expect(await ended(child)).not.toBe(0);
    expect(files.said.join('\n')).toContain('SESSION_KEY_FILE cannot be read: ENOENT');
    expect(files.said.join('\n')).toMatch(/PORT .*number/);
  }, 30_000);
});

/** The database's first account, which the image of TimescaleDB makes. */
async function makeOwner(superuserUrl: string, password: string): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    await client.query(`CREATE ROLE tidewatch_owner SUPERUSER LOGIN PASSWORD ${pg.escapeLiteral(password)}`);
    await client.query('ALTER DATABASE tidewatch OWNER TO tidewatch_owner');
  } finally {
    await client.end();
  }
}
