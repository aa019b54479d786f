import { setTimeout as delay } from 'node:timers/promises';
import { TOPICS } from '@tidewatch/contracts';
import { endOffsets } from '../ledger/observe';
import { waitFor } from '../wait-for';
import type { ChaosPlatform, Driver } from './chaos-platform';
import { type CheckpointRow, checkpointRows } from './checkpoint-watch';
import { deathsByFailPoints } from './fail-points';

/** What a fault may use. */
export interface Target {
  readonly platform: ChaosPlatform;
  /** From 0 (inclusive) to 1 (exclusive). */
  readonly chance: () => number;
  /** Requests that were sent and not answered yet. */
  readonly requestsInFlight: () => number;
  /** How many strikes there have been before this one. */
  readonly turn: number;
}

/**
 * Does its harm once, at a moment when the victim has work in flight. Resolves to the victim when the harm is done and has, where that is
 * the point, shown its effect.
 */
type Fault = (target: Target) => Promise<string>;

/** Longer than any session or lease. */
const TAKEOVER_DEADLINE_MS = 60_000;
const FAIL_POINTS_DEADLINE_MS = 120_000;
/** Services by which a reading passes; `kill-services` strikes them in turn. */
const SERVICES = ['ingestion', 'processing', 'storage'] as const;

/** Fail points come first: they are armed when the platform starts, and would strike in the middle of another fault. */
const FAULTS_BY_NAME = {
  'fail-points': meetFailPoints,
  none: () => Promise.resolve('nobody'),
  'kill-ingestion': (target) => kill(target, 'ingestion'),
  'kill-processing': (target) => kill(target, 'processing'),
  'kill-storage': (target) => kill(target, 'storage'),
  'kill-gateway': (target) => kill(target, 'gateway'),
  'kill-services': (target) => kill(target, SERVICES[target.turn % SERVICES.length]!),
  'pause-processing': (target) => pause(target, 'processing'),
  'pause-storage': (target) => pause(target, 'storage'),
  'kill-postgres': (target) => kill(target, 'postgres'),
  'kill-broker': killBroker,
  'restart-broker': restartBroker,
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

/** A run that is too short for it is made longer. */
export function leastStrikes(name: FaultName): number {
  return name === 'kill-services' ? SERVICES.length : 1;
}

export function inject(name: FaultName, target: Target): Promise<string> {
  return FAULTS_BY_NAME[name](target);
}

function kill(target: Target, service: string): Promise<string> {
  const choice = target.chance();
  return waitFor(`${service} to be in the middle of something`, async () => {
    const victim = choose(await busyInstances(target, service), choice);
    return victim !== undefined && target.platform.signal(victim, 'SIGKILL') ? victim : null;
  });
}

async function killBroker(target: Target): Promise<string> {
  await requestsInFlight(target);
  await target.platform.broker?.kill();
  await delay(target.chance() * 3_000);
  await target.platform.broker?.restart();
  return 'broker';
}

async function restartBroker(target: Target): Promise<string> {
  await requestsInFlight(target);
  await target.platform.broker?.restart();
  return 'broker';
}

function requestsInFlight(target: Target): Promise<unknown> {
  return waitFor('requests in flight', () => target.requestsInFlight() > 0);
}

/** Waits until every armed point has been met: the platform was started with them. */
async function meetFailPoints({ platform }: Target): Promise<string> {
  for (const [service, count] of Object.entries(deathsByFailPoints())) {
    await waitFor(
      `${count} deaths of ${service} at fail points`,
      () => (platform.kills[service] ?? 0) >= count,
      FAIL_POINTS_DEADLINE_MS,
    );
  }
  return 'fail points';
}

/** Stops one instance until another has claimed all that it held, then lets it go on. */
async function pause(target: Target, service: string): Promise<string> {
  const { platform } = target;
  const choice = target.chance();
  const victim = await waitFor(`${service} to be in the middle of something`, async () =>
    choose(await busyInstances(target, service), choice),
  );
  const pid = platform.pidOf(victim);
  const held = await heldBy(platform, victim, pid);
  platform.signal(victim, 'SIGSTOP');
  try {
    await waitFor(
      `another instance to take ${held.length} partitions over from ${victim}`,
      async () => (await heldBy(platform, victim, pid)).length === 0,
      TAKEOVER_DEADLINE_MS,
    );
  } finally {
    platform.signal(victim, 'SIGCONT');
  }
  return victim;
}

function choose(instances: readonly string[], choice: number): string | undefined {
  return instances[Math.floor(choice * instances.length)];
}

/** Instances of a service that are in the middle of something now: a consumer behind its partitions, or anybody on the way of a request. */
async function busyInstances({ platform, requestsInFlight }: Target, service: string): Promise<string[]> {
  if (service !== 'processing' && service !== 'storage') return requestsInFlight() > 0 ? [service] : [];
  const ends = await endOffsets(platform.ledgerPlatform, TOPICS.readings);
  const busy: string[] = [];
  for (const id of platform.ids.filter((name) => serviceOf(name) === service)) {
    const held = await heldBy(platform, id);
    if (held.some((row) => row.topic === TOPICS.readings && row.nextOffset < (ends.get(row.partition) ?? 0n)))
      busy.push(id);
  }
  return busy;
}

function serviceOf(id: string): string {
  return id.replace(/-\d+$/, '');
}

async function heldBy(
  platform: ChaosPlatform,
  id: string,
  pid = platform.pidOf(id),
): Promise<CheckpointRow[]> {
  const prefix = `${serviceOf(id)}-${pid ?? 'nobody'}-`;
  return (await checkpointRows(platform.pool)).filter(({ owner }) => owner.startsWith(prefix));
}
