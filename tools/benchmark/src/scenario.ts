import { fork } from 'node:child_process';
import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import pg from 'pg';
import { calibrate } from './calibration';
import { type CheckpointMark, checkpointsBetween, readCheckpoints } from './checkpoints';
import type { LoadPlan, LoadResult } from './load';
import type { BenchmarkPlatform } from './platform';
import { type Usage, usageOf } from './process-usage';
import { SocketProbe } from './socket-probe';

export interface Scenario {
  readonly perRequest: number;
  readonly through: 'ingestion' | 'gateway';
  readonly connections: number;
  readonly seconds: number;
  /** The same load before, not counted: compilers, caches and connections get warm. */
  readonly warmUpSeconds: number;
  readonly series: number;
}

export interface ProcessCost {
  readonly cpuMicrosPerReading: number;
  readonly residentMiB: number;
}

export interface ScenarioResult {
  readonly scenario: Scenario;
  readonly load: LoadResult;
  readonly acknowledgedPerSecond: number;
  /** Acknowledged readings over the time from the first request until the last of them was in the database. */
  readonly storedPerSecond: number;
  readonly drainSeconds: number;
  readonly socketMs: { readonly p50: number; readonly p99: number; readonly samples: number };
  readonly processes: Readonly<Record<string, ProcessCost>>;
  /** Those of processing under the load and until the drain, and how long that was. */
  readonly checkpoints: CheckpointMark & { readonly ofSeconds: number };
  /** Milliseconds of the same work just before the load and just after the drain: see `calibrate`. */
  readonly calibrationMs: { readonly before: number; readonly after: number };
}

interface Measuring {
  readonly platform: BenchmarkPlatform;
  readonly pool: pg.Pool;
}

/** What the storage service had written since its start, and what the table held, at one moment. */
interface StoredMark {
  readonly written: number;
  readonly rows: number;
}

const DRAIN_DEADLINE_MS = 300_000;

/** Runs one load, waits for the drain, and holds the counts against each other. Throws when a reading is missing or too many. */
export async function runScenario(platform: BenchmarkPlatform, scenario: Scenario): Promise<ScenarioResult> {
  const pool = new pg.Pool({ connectionString: platform.databaseUrl, max: 1 });
  try {
    const ingestUrl = `${platform.services[scenario.through]!}/v1/readings`;
    const plan: LoadPlan = { ...scenario, url: ingestUrl, key: platform.ingestKey };
    const measuring = { platform, pool };
    await warmUp(measuring, { ...plan, seconds: scenario.warmUpSeconds });
    const from = await storedMark(measuring);
    const before = calibrate();
    const probe = new SocketProbe({
      ingestUrl,
      dashboardUrl: platform.services['gateway']!,
      ingestKey: platform.ingestKey,
      readKey: platform.apiKey,
    });
    await probe.start();
    const usedBefore = await measure(platform);
    const processingUrl = platform.services['processing']!;
    const checkpointsBefore = await readCheckpoints(processingUrl);
    const { load, generator } = await loadInProcess(plan);
    const probed = await probe.stop();
    const during = await measure(platform);
    const expected = load.acknowledged + probed.readings;
    const storedSeconds = ((await untilStored(measuring, from, expected)) - load.startedAtMs) / 1000;
    const usedAfter = await measure(platform);
    const checkpoints = checkpointsBetween(checkpointsBefore, await readCheckpoints(processingUrl));
    return {
      scenario,
      load,
      acknowledgedPerSecond: load.acknowledged / load.seconds,
      storedPerSecond: load.acknowledged / storedSeconds,
      drainSeconds: storedSeconds - load.seconds,
      socketMs: probed,
      processes: {
        ...costs({ usedBefore, during, usedAfter }, load.acknowledged),
        ...cost('generator', generator, load),
      },
      checkpoints: { ...checkpoints, ofSeconds: storedSeconds },
      calibrationMs: { before, after: calibrate() },
    };
  } finally {
    await pool.end();
  }
}

/** Resolves once all readings of the warm-up are stored. */
async function warmUp(measuring: Measuring, plan: LoadPlan): Promise<void> {
  if (plan.seconds === 0) return;
  const from = await storedMark(measuring);
  const { load } = await loadInProcess(plan);
  await untilStored(measuring, from, load.acknowledged);
}

function loadInProcess(plan: LoadPlan): Promise<{ load: LoadResult; generator: Usage }> {
  const child = fork(path.join(__dirname, 'load-process.js'), { serialization: 'advanced' });
  child.send(plan);
  return new Promise((resolve, reject) => {
    child.once('message', (message: { result?: LoadResult; usage?: Usage; error?: string }) => {
      if (message.result && message.usage) resolve({ load: message.result, generator: message.usage });
      else reject(new Error(message.error ?? 'the load generator failed'));
    });
    child.once('exit', (code) => reject(new Error(`the load generator ended with code ${String(code)}`)));
  });
}

/**
 * Waits until the storage service has written `added` readings since `from`, then counts the rows themselves,
 * once: a scan of millions of rows every moment would be load of its own. Resolves to the moment, in milliseconds since the epoch.
 */
async function untilStored({ platform, pool }: Measuring, from: StoredMark, added: number): Promise<number> {
  const until = performance.now() + DRAIN_DEADLINE_MS;
  while ((await writtenReadings(platform)) - from.written < added && performance.now() < until)
    await delay(100);
  const storedAtMs = Date.now();
  const difference = (await countReadings(pool)) - from.rows - added;
  if (difference > 0) throw new Error(`${difference} readings too many in the database`);
  if (difference < 0) throw new Error(`${-difference} acknowledged readings are not in the database`);
  return storedAtMs;
}

async function storedMark({ platform, pool }: Measuring): Promise<StoredMark> {
  return { written: await writtenReadings(platform), rows: await countReadings(pool) };
}

async function writtenReadings(platform: BenchmarkPlatform): Promise<number> {
  const response = await fetch(`${platform.services['storage']!}/metrics`);
  const written = /^tidewatch_storage_readings_total\{outcome="written"\} (\d+)/m.exec(await response.text());
  return Number(written?.[1] ?? 0);
}

async function countReadings(pool: pg.Pool): Promise<number> {
  const { rows } = await pool.query<{ count: string }>('SELECT count(*) FROM readings');
  return Number(rows[0]!.count);
}

type Measured = Record<string, Usage>;

async function measure(platform: BenchmarkPlatform): Promise<Measured> {
  const entries = Object.entries(await platform.processes()).map(
    ([name, pid]) => [name, usageOf(pid)] as const,
  );
  return Object.fromEntries(entries);
}

function costs(
  { usedBefore, during, usedAfter }: { usedBefore: Measured; during: Measured; usedAfter: Measured },
  readings: number,
): Record<string, ProcessCost> {
  const entries = Object.keys(usedAfter).map((name) => {
    const cpuSeconds = usedAfter[name]!.cpuSeconds - (usedBefore[name]?.cpuSeconds ?? 0);
    const cost = {
      cpuMicrosPerReading: (cpuSeconds * 1e6) / readings,
      residentMiB: during[name]?.residentMiB ?? 0,
    };
    return [name, cost] as const;
  });
  return Object.fromEntries(entries);
}

function cost(name: string, usage: Usage, load: LoadResult): Record<string, ProcessCost> {
  return {
    [name]: {
      cpuMicrosPerReading: (usage.cpuSeconds * 1e6) / load.acknowledged,
      residentMiB: usage.residentMiB,
    },
  };
}
