import { setTimeout as delay } from 'node:timers/promises';
import { waitFor } from '../wait-for';
import type { ChaosPlatform, Driver } from './chaos-platform';
import { checkpointRows } from './checkpoint-watch';
import { deathsByFailPoints } from './fail-points';

/** From 0 (inclusive) to 1 (exclusive). */
type Chance = () => number;

/** Does its harm once. Resolves when the harm is done and has, where that is the point, shown its effect. */
type Fault = (platform: ChaosPlatform, chance: Chance) => Promise<void>;

/** Longer than any session or lease. */
const TAKEOVER_DEADLINE_MS = 60_000;
const FAIL_POINTS_DEADLINE_MS = 120_000;

/** Fail points come first: they are armed when the platform starts, and would strike in the middle of another fault. */
const FAULTS_BY_NAME = {
  'fail-points': meetFailPoints,
  none: () => Promise.resolve(),
  'kill-ingestion': (platform) => killOne(platform, 'ingestion'),
  'kill-processing': (platform) => killOne(platform, 'processing'),
  'kill-storage': (platform) => killOne(platform, 'storage'),
  'kill-gateway': (platform) => killOne(platform, 'gateway'),
  'kill-services': killAny,
  'pause-processing': (platform) => pause(platform, 'processing'),
  'pause-storage': (platform) => pause(platform, 'storage'),
  'kill-postgres': (platform) => killOne(platform, 'postgres'),
  'kill-broker': killBroker,
  'restart-broker': async ({ broker }) => broker?.restart(),
} satisfies Record<string, Fault>;

export type FaultName = keyof typeof FAULTS_BY_NAME;

/** The faults that make sense with a driver. */
export function faultNames(driver: Driver): FaultName[] {
  const names = Object.keys(FAULTS_BY_NAME) as FaultName[];
  return names.filter((name) => driver === 'kafka' || !name.endsWith('-broker'));
}

/** Faults that happen once in a run: they wait for something. */
export function isSingle(name: FaultName): boolean {
  return name === 'none' || name === 'fail-points';
}

export function inject(name: FaultName, platform: ChaosPlatform, chance: Chance): Promise<void> {
  return FAULTS_BY_NAME[name](platform, chance);
}

async function killOne(platform: ChaosPlatform, id: string): Promise<void> {
  await waitFor(`${id} to live`, () => platform.signal(id, 'SIGKILL'));
}

function killAny(platform: ChaosPlatform, chance: Chance): Promise<void> {
  const targets = platform.ids.filter((id) => /^(ingestion|processing|storage)/.test(id));
  return killOne(platform, targets[Math.floor(chance() * targets.length)]!);
}

async function killBroker({ broker }: ChaosPlatform, chance: Chance): Promise<void> {
  await broker?.kill();
  await delay(chance() * 3_000);
  await broker?.restart();
}

/** Waits until every armed point has been met: the platform was started with them. */
async function meetFailPoints(platform: ChaosPlatform): Promise<void> {
  for (const [service, count] of Object.entries(deathsByFailPoints())) {
    await waitFor(
      `${count} deaths of ${service} at fail points`,
      () => (platform.deaths[service] ?? 0) >= count,
      FAIL_POINTS_DEADLINE_MS,
    );
  }
}

/** Stops one instance until another has claimed all that it held, then lets it go on. */
async function pause(platform: ChaosPlatform, id: string): Promise<void> {
  const held = await waitFor(`${id} to hold partitions`, async () => {
    const rows = await heldBy(platform, id);
    return rows.length > 0 ? rows : null;
  });
  const pid = platform.pidOf(id);
  platform.signal(id, 'SIGSTOP');
  try {
    await waitFor(
      `another instance to take ${held.length} partitions over from ${id}`,
      async () => platform.pidOf(id) !== pid || (await heldBy(platform, id)).length === 0,
      TAKEOVER_DEADLINE_MS,
    );
  } finally {
    platform.signal(id, 'SIGCONT');
  }
}

async function heldBy(platform: ChaosPlatform, id: string): Promise<unknown[]> {
  const service = id.replace(/-\d+$/, '');
  const prefix = `${service}-${platform.pidOf(id) ?? 'nobody'}-`;
  return (await checkpointRows(platform.pool)).filter(({ owner }) => owner.startsWith(prefix));
}
