import path from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { GroupWindow } from '@tidewatch/contracts';
import {
  FAULTS,
  GROUP_TAG,
  GroupViewer,
  type Ledger,
  LedgerSender,
  type Observed,
  type Verdicts,
  drain,
  groupsOf,
  mark,
  notShown,
  observe,
  publishedGroups,
  readLedger,
  verify,
} from '../ledger';
import type { SentCounts } from '../ledger/sender';
import { Random } from '../ledger/random';
import { waitFor } from '../wait-for';
import type { ChaosPlatform } from './chaos-platform';
import { checkpointViolations, watchCheckpoints } from './checkpoint-watch';
import { type FaultName, inject, isSingle, leastStrikes } from './faults';

export interface FaultRun {
  readonly fault: FaultName;
  /** How long readings are sent and faults happen. */
  readonly seconds: number;
  readonly seed: number;
  /** Devices and ledger are named after it: unique on a platform. */
  readonly name: string;
}

export interface FaultReport {
  readonly run: FaultRun;
  /** How often each victim was struck, in the middle of its work. */
  readonly strikes: Readonly<Record<string, number>>;
  readonly sent: SentCounts;
  readonly verdicts: Verdicts;
  /** See `watchCheckpoints`. */
  readonly checkpointViolations: readonly string[];
  /** Everything that must be zero is zero, and something was sent at all. */
  readonly sound: boolean;
}

/** What the platform must be started with for the ledger to know which windows close. */
export const LEDGER_SETTINGS = {
  TIDEWATCH_PROCESSING_ALLOWED_LATENESS_MS: '30000',
  // Only readings end windows: a device that waits for a killed service must not be taken for silent.
  TIDEWATCH_PROCESSING_IDLE_TIMEOUT_MS: '86400000',
  // More checkpoints to strike at, and a shorter drain.
  TIDEWATCH_PROCESSING_CHECKPOINT_INTERVAL_MS: '1000',
  TIDEWATCH_PROCESSING_CHECKPOINT_MAX_INTERVAL_MS: '1000',
  TIDEWATCH_PROCESSING_SLIDING_WINDOWS: '50s/20s,3m/1m',
  TIDEWATCH_PROCESSING_GROUP_TAGS: GROUP_TAG,
} as const;
const EXPECTED = {
  windows: [
    [10_000, 10_000],
    [60_000, 60_000],
    [50_000, 20_000],
    [180_000, 60_000],
  ].map(([sizeMs, stepMs]) => ({ sizeMs: sizeMs!, stepMs: stepMs! })),
  latenessMs: 30_000,
  groupTags: [GROUP_TAG],
};

const DEVICES = 12;
const FIRST_FAULT_MS = 1_000;
const BETWEEN_FAULTS_MS = { min: 500, max: 3_000 };
const DRAIN_DEADLINE_MS = 180_000;
const SHOWN_DEADLINE_MS = 60_000;
const HOUR_MS = 3_600_000;

/** Sends readings while the fault strikes, waits for the platform to recover and to drain, and holds it against the ledger. */
export async function runFault(platform: ChaosPlatform, run: FaultRun): Promise<FaultReport> {
  const ledgerPath = path.join(platform.options.folder, `${run.name}.ledger`);
  const sender = new LedgerSender({
    seed: run.seed,
    devices: DEVICES,
    devicePrefix: run.name,
    // Beyond the reorder delay, so that windows are revised, and below the lateness.
    disorderMs: 20_000,
    // Event time runs faster than the clock; even the closing readings must not lie in the future.
    startMs: Date.now() - 3 * HOUR_MS - run.seconds * 60_000,
    maxReadingsPerRequest: 30,
    url: `${platform.running.services['gateway']!}/v1/readings`,
    key: platform.running.ingestKey,
    ledgerPath,
    pauseMs: 30,
    patienceMs: 120_000,
  });
  await watchCheckpoints(platform.pool);
  const start = await mark(platform.ledgerPlatform);
  sender.start();
  const strikes = await strike(platform, run, () => sender.requestsInFlight).finally(() => sender.stop());
  await platform.ready();
  await drain(platform.ledgerPlatform, DRAIN_DEADLINE_MS);
  const violations = await checkpointViolations(platform.pool);
  const observed = await observe(platform.ledgerPlatform, `${run.name}-`, start);
  const ledger = await readLedger(ledgerPath);
  const groupWindows = await shownGroups(platform, ledger, observed);
  const verdicts = verify(ledger, { ...observed, groupWindows }, EXPECTED);
  const sound =
    FAULTS.every((fault) => verdicts[fault] === 0) &&
    violations.length === 0 &&
    verdicts.acknowledged > 0 &&
    verdicts.windowsExpected > 0 &&
    verdicts.windowsRevised > 0 &&
    verdicts.groupWindowsMerged > 0 &&
    verdicts.groupWindowsRevised > 0 &&
    verdicts.groupWindowsShown > 0 &&
    verdicts.anomalies > 0 &&
    verdicts.anomaliesRevised > 0;
  return { run, strikes, sent: sender.counts, verdicts, checkpointViolations: violations, sound };
}

/** The windows of all groups of the ledger as the API gives them, when it has come to the end of the topic; after the deadline as they are then. */
async function shownGroups(
  { running }: ChaosPlatform,
  ledger: Ledger,
  { groupParts }: Pick<Observed, 'groupParts'>,
): Promise<GroupWindow[]> {
  const api = { url: running.services['gateway']!, key: running.apiKey };
  const published = publishedGroups(groupParts);
  const viewer = await GroupViewer.open(api, groupsOf(ledger, EXPECTED.groupTags));
  try {
    // What is missing at the deadline is a verdict, and no error of the run.
    const whole = () => notShown(published, viewer.windows) === 0;
    await waitFor('the groups to be shown', whole, SHOWN_DEADLINE_MS).catch(() => undefined);
    return viewer.windows;
  } finally {
    viewer.close();
  }
}

/** Resolves to how often the fault struck whom. */
async function strike(
  platform: ChaosPlatform,
  run: FaultRun,
  requestsInFlight: () => number,
): Promise<Record<string, number>> {
  const random = new Random(run.seed);
  const target = { platform, chance: () => random.next(), requestsInFlight };
  const until = Date.now() + run.seconds * 1000;
  const strikes: Record<string, number> = {};
  let turn = 0;
  await delay(FIRST_FAULT_MS);
  do {
    const victim = await inject(run.fault, { ...target, turn });
    strikes[victim] = (strikes[victim] ?? 0) + 1;
    turn += 1;
    await delay(random.integer(BETWEEN_FAULTS_MS.min, BETWEEN_FAULTS_MS.max));
  } while (!isSingle(run.fault) && (Date.now() < until || turn < leastStrikes(run.fault)));
  await delay(Math.max(0, until - Date.now()));
  return strikes;
}
