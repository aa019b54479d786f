import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import {
  ChaosPlatform,
  type Driver,
  FAULTS,
  type FaultName,
  LEDGER_SETTINGS,
  armedFailPoints,
  runFault,
} from '@tidewatch/testing';
import { STANDALONE } from './standalone-script';

const SEED = 20_251;
const SECONDS = 5;
const VICTIMS: Partial<Record<FaultName, string[]>> = {
  'fail-points': ['fail points'],
  'kill-services': ['ingestion', 'processing', 'storage'],
  'kill-gateway': ['gateway'],
  'pause-processing': ['processing'],
  'pause-storage': ['storage'],
  'kill-postgres': ['postgres'],
  'kill-broker': ['broker'],
};
/** Requests break off with a service on their way. A log that is back soon costs them only time: ingestion waits for it up to its deadline. */
const BREAKS_REQUESTS: FaultName[] = ['fail-points', 'kill-services', 'kill-gateway'];

/** `storage-2` is an instance of storage. */
function servicesOf(strikes: Readonly<Record<string, number>>): string[] {
  return [...new Set(Object.keys(strikes).map((id) => id.replace(/-\d+$/, '')))].sort();
}

/** Starts a platform, lets these faults strike it one after the other, and holds each against the ledger. */
export function proveLedger(driver: Driver, faults: readonly FaultName[]): void {
  const folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-ledger-'));
  const lines: string[] = [];
  let platform: ChaosPlatform | undefined;

  beforeAll(async () => {
    platform = await ChaosPlatform.start({
      driver,
      folder,
      script: STANDALONE,
      replicas: { processing: 2, storage: 2 },
      settings: { ...LEDGER_SETTINGS, ...armedFailPoints() },
      say: (line) => lines.push(line),
    });
  }, 240_000);

  afterAll(async () => {
    await platform?.stop();
    rmSync(folder, { recursive: true, force: true });
  }, 120_000);

  test.each(faults)(
    'nothing is lost, duplicated or wrong after: %s',
    async (fault) => {
      const seed = SEED + faults.indexOf(fault);
      const databaseDeaths = () => platform!.kills['PostgreSQL'] ?? 0;
      const deathsBefore = databaseDeaths();
      const report = await runFault(platform!, { fault, seconds: SECONDS, seed, name: fault }).catch(
        (error: unknown) => {
          // What the supervisor said tells more than the deadline that was missed.
          throw new Error(`${String(error)}\n${lines.slice(-40).join('\n')}`, { cause: error });
        },
      );
      const { verdicts } = report;
      expect(Object.fromEntries(FAULTS.map((count) => [count, verdicts[count]]))).toEqual(
        Object.fromEntries(FAULTS.map((count) => [count, 0])),
      );
      expect(report.checkpointViolations).toEqual([]);
      expect(servicesOf(report.strikes)).toEqual(VICTIMS[fault]);
      expect(databaseDeaths() - deathsBefore).toBe(report.strikes['postgres'] ?? 0);
      if (BREAKS_REQUESTS.includes(fault)) expect(report.sent.retries).not.toEqual({});
      // Few readings come through while the gateway is away, but every series has windows that are final.
      expect(verdicts.acknowledged).toBeGreaterThan(200);
      expect(verdicts.windowsExpected).toBeGreaterThan(36);
      // The last readings of each series bring one that is late, whatever came through before: it changes a window and an anomaly that were told.
      expect(verdicts.windowsRevised).toBeGreaterThanOrEqual(36);
      expect(verdicts.anomaliesRevised).toBeGreaterThan(0);
      // The closing readings fill at least two windows of each of the six groups; no group is all on one partition.
      expect(verdicts.groupWindowsExpected).toBeGreaterThanOrEqual(12);
      expect(verdicts.groupWindowsShown).toBeGreaterThanOrEqual(12);
      expect(verdicts.groupWindowsMerged).toBeGreaterThanOrEqual(12);
      expect(verdicts.groupWindowsRevised).toBeGreaterThan(0);
      // The last outlier of a series comes after enough calm readings for a detector to know it as one.
      expect(verdicts.anomalies).toBeGreaterThan(0);
    },
    240_000,
  );
}
