import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { describeWhere } from './describe-where';
import { freePort } from './kafka';
import { waitFor } from './wait-for';

/** `describe` where `prometheus` and `promtool` are installed; with `REQUIRE_PROMETHEUS=1` absence is a failure. */
export function describeWithPrometheus(name: string, body: () => void): void {
  const absent = ['prometheus', 'promtool'].filter((program) => spawnSync(program, ['--version']).error);
  const missing = absent.length === 0 ? null : `${absent.join(' and ')} not installed (Debian: prometheus)`;
  describeWhere('Prometheus', missing)(name, body);
}

/** One sample of an answer to a query. */
export interface Sample {
  readonly metric: Readonly<Record<string, string>>;
  readonly value: number;
}

export interface Prometheus {
  /** The value of an expression now. Throws with Prometheus' own words when it is not valid. */
  query(expression: string): Promise<Sample[]>;
  stop(): Promise<void>;
}

/** Starts a Prometheus of one's own on 127.0.0.1, on this configuration (YAML). */
export async function startPrometheus(configuration: string): Promise<Prometheus> {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-prometheus-'));
  const config = path.join(folder, 'prometheus.yml');
  writeFileSync(config, configuration);
  const url = `http://127.0.0.1:${await freePort()}`;
  const place = [`--storage.tsdb.path=${folder}/data`, `--web.listen-address=${new URL(url).host}`];
  const child = spawn('prometheus', [`--config.file=${config}`, ...place], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-2_000)));
  await waitFor('Prometheus', async () => (await fetch(`${url}/-/ready`)).ok).catch((cause: unknown) => {
    child.kill('SIGKILL');
    throw new Error(`Prometheus did not start: ${said}`, { cause });
  });
  return {
    query: (expression) => query(url, expression),
    stop: async () => {
      await ended(child);
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function query(url: string, expression: string): Promise<Sample[]> {
  const answer = await fetch(`${url}/api/v1/query?query=${encodeURIComponent(expression)}`);
  const body = (await answer.json()) as {
    error?: string;
    data?: { result: { metric: Record<string, string>; value: [number, string] }[] };
  };
  if (body.data === undefined) throw new Error(`${expression}: ${body.error ?? answer.statusText}`);
  return body.data.result.map(({ metric, value }) => ({ metric, value: Number(value[1]) }));
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('exit', () => resolve());
    child.kill('SIGTERM');
  });
}
