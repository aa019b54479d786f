/** What operators see: metrics of the running platform, alerts and dashboards on a real Prometheus, and SQL under the account of Grafana. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ChaosPlatform,
  describeWithKafka,
  describeWithPrometheus,
  type Prometheus,
  startPrometheus,
  waitFor,
} from '@tidewatch/testing';
import pg from 'pg';
import { stringify } from 'yaml';
import { ROOT } from './dockerfile';
import { panelQueries, type PanelQuery } from './panel-queries';
import { STANDALONE } from './standalone-script';

const DASHBOARDS = path.join(ROOT, 'deploy/grafana/dashboards');
const RULES = path.join(ROOT, 'deploy/prometheus/rules/tidewatch.yml');
const DIST = path.join(ROOT, 'dist');
const PASSWORD = 'only-for-looking-at-things';

/** May have no sample on a healthy platform without a browser; everything else has to have one. */
const MAY_BE_EMPTY: Readonly<Record<string, string>> = {
  tidewatch_live_latency_seconds_bucket: 'no browser is connected',
  tidewatch_partition_faults_total: 'no partition had a fault',
  tidewatch_append_failures_total: 'no append failed',
  tidewatch_processing_anomalies_total: 'nothing odd was read yet',
  'tidewatch_consumer_lag_records{job="tidewatch"}) > 0': 'everything is read',
};
/** Of the rules: counters with labels that appear with their first event, and metrics of others. */
const NOT_ON_A_HEALTHY_PLATFORM = ['tidewatch_log_offsets_gone_total'];

const dashboards = readdirSync(DASHBOARDS).map((file) => ({
  file,
  queries: panelQueries(readFileSync(path.join(DASHBOARDS, file), 'utf8')),
}));
const queriesOf = (language: PanelQuery['language']) =>
  dashboards.flatMap(({ file, queries }) =>
    queries
      .filter((query) => query.language === language)
      .map((query) => [`${file}: ${query.panel}`, query.text] as const),
  );

describeWithPrometheus('monitoring', () => {
  describeWithKafka('of the running platform', () => {
    let folder: string;
    let platform: ChaosPlatform | undefined;
    let prometheus: Prometheus | undefined;
    let simulator: ChildProcess | undefined;
    let grafana: pg.Client;

    beforeAll(async () => {
      folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-monitoring-'));
      platform = await ChaosPlatform.start({
        ...{ driver: 'kafka', folder, script: STANDALONE, replicas: {}, settings: {}, say: () => undefined },
      });
      const { operations, services, ingestKey } = platform.running;
      const env = { TIDEWATCH_URL: services['gateway'], TIDEWATCH_KEY: ingestKey };
      simulator = spawn(process.execPath, [path.join(DIST, 'tools/simulator/src/main.js')], {
        env,
        stdio: 'ignore',
      });
      prometheus = await startPrometheus(configurationFor(operations));
      // One credential that is refused, and one invalid reading.
      await send('tw_AAAAAAAAAAAA_' + 'A'.repeat(43), 1);
      await send(ingestKey, 'not a number');
      grafana = await accountOfGrafana();
      // Two scrapes make a rate, and a checkpoint of processing takes five seconds.
      await waitFor(
        'readings through the whole pipeline',
        async () => {
          const rates = ['tidewatch_storage_readings_total', 'tidewatch_processing_checkpoint_bytes_total'];
          const found = await Promise.all(
            rates.map((name) => prometheus!.query(`sum(rate(${name}[30s])) > 0`)),
          );
          return found.every(({ length }) => length > 0);
        },
        120_000,
      );
    }, 300_000);

    afterAll(async () => {
      simulator?.kill('SIGKILL');
      await grafana.end();
      await prometheus?.stop();
      await platform?.stop();
      rmSync(folder, { recursive: true, force: true });
    }, 60_000);

    const send = (key: string, value: unknown): Promise<Response> =>
      fetch(`${platform!.running.services['gateway']!}/v1/readings`, {
        method: 'POST',
        headers: { 'x-api-key': key, 'content-type': 'application/json' },
        body: JSON.stringify({ device: 'd', metric: 'm', value }),
      });

    /** Made as an installer makes it: by the migration, which is given a password. */
    async function accountOfGrafana(): Promise<pg.Client> {
      const url = new URL(platform!.running.databaseUrl);
      url.username = 'tidewatch';
      url.password = readFileSync(path.join(folder, 'data/postgres', 'superuser-password'), 'utf8').trim();
      execFileSync(process.execPath, [path.join(DIST, 'apps/storage/src/migrate.js')], {
        env: {
          DATABASE_URL: url.href,
          ...{ MESSAGE_LOG: 'kafka', KAFKA_BROKERS: platform!.broker!.brokers },
          TIDEWATCH_GRAFANA_PASSWORD: PASSWORD,
        },
      });
      url.username = 'tidewatch_grafana';
      url.password = PASSWORD;
      const client = new pg.Client({ connectionString: url.href });
      await client.connect();
      return client;
    }

    test('the names of its metrics are as Prometheus wants them', async () => {
      for (const [service, url] of Object.entries(platform!.running.operations)) {
        const input = await (await fetch(`${url}/metrics`)).text();
        expect(input).toContain('tidewatch_');
        const { stdout, stderr } = spawnSync('promtool', ['check', 'metrics'], { input, encoding: 'utf8' });
        // Of the names that prom-client gives to what Node.js tells, we are not the masters.
        const ours = (stdout + stderr).split('\n').filter((line) => line.startsWith('tidewatch_'));
        expect({ service, ours }).toEqual({ service, ours: [] });
      }
    });

    test('every metric of an alert exists, and no alert fires', async () => {
      const names = new Set(readFileSync(RULES, 'utf8').match(/\btidewatch_\w+/g));
      const missing: string[] = [];
      for (const name of names)
        if ((await prometheus!.query(`count(${name})`)).length === 0) missing.push(name);
      expect(missing.filter((name) => !NOT_ON_A_HEALTHY_PLATFORM.includes(name))).toEqual([]);
      expect(await prometheus!.query('ALERTS{alertstate="firing"}')).toEqual([]);
    });

    test.each(queriesOf('promql'))(
      '%s is valid and shows something',
      async (panel, text) => {
        const expression = text.replaceAll('$__rate_interval', '30s').replaceAll('$service', '.*');
        const samples = await prometheus!.query(expression);
        if (Object.keys(MAY_BE_EMPTY).some((part) => text.includes(part))) return;
        // A rate takes two scrapes since something happened, a window its ten seconds.
        const isShown = (of: typeof samples): boolean => of.some(({ value }) => !Number.isNaN(value));
        await waitFor(
          panel,
          async () => isShown(samples) || isShown(await prometheus!.query(expression)),
          60_000,
        );
      },
      90_000,
    );

    test.each(queriesOf('sql'))('%s runs under the account of Grafana', async (panel, text) => {
      const sql = text.replace(/\$__timeFilter\((\w+)\)/g, "$1 BETWEEN now() - interval '1 hour' AND now()");
      const { rows } = await grafana.query(sql);
      if (!/Dead letters|Anomalies/.test(panel)) expect(rows).not.toEqual([]);
    });

    test.each([
      'SELECT * FROM api_keys',
      'SELECT * FROM stream_state',
      "INSERT INTO series (device, metric, key_hash) VALUES ('a', 'b', 'c')",
      'DELETE FROM readings',
      'CREATE TABLE mine (id int)',
    ])('%s is refused to that account', async (statement) => {
      await expect(grafana.query(statement)).rejects.toThrow(/permission denied/);
    });
  });
});

/** As deploy/prometheus/prometheus.yml, with the addresses of this run and more haste. */
function configurationFor(operations: Readonly<Record<string, string>>): string {
  return stringify({
    global: { scrape_interval: '2s', scrape_timeout: '2s', evaluation_interval: '5s' },
    rule_files: [RULES],
    scrape_configs: [
      {
        job_name: 'tidewatch',
        static_configs: Object.entries(operations).map(([service, url]) => ({
          targets: [new URL(url).host],
          labels: { service },
        })),
      },
    ],
  });
}
