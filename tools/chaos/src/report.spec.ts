import { expect, test } from '@jest/globals';
import type { FaultReport } from '@tidewatch/testing';
import { combine, reportLines } from './report';

const round: FaultReport = {
  run: { fault: 'kill-services', seconds: 60, seed: 7, name: 'chaos-0-0' },
  strikes: { ingestion: 2, storage: 1 },
  sent: { requests: 10, readings: 100, retries: { '503': 3 } },
  verdicts: {
    acknowledged: 90,
    lost: 0,
    duplicated: 0,
    phantom: 0,
    lostOnLog: 0,
    phantomOnLog: 0,
    deadLettered: 0,
    windowsExpected: 8,
    windowsMissing: 0,
    windowsWrong: 0,
    windowsUnexpected: 0,
    windowsInconsistent: 0,
    windowsRevised: 3,
    groupWindowsExpected: 4,
    groupWindowsMerged: 3,
    groupWindowsMissing: 0,
    groupWindowsWrong: 0,
    groupWindowsUnexpected: 0,
    groupWindowsInconsistent: 0,
    groupWindowsRevised: 2,
    groupWindowsShown: 4,
    groupWindowsNotShown: 0,
    groupWindowsShownWrong: 0,
    anomalies: 1,
    anomaliesInconsistent: 0,
    anomaliesClosed: 1,
    anomaliesRevised: 1,
    anomaliesNotStored: 0,
    anomaliesStoredWrong: 0,
    anomaliesPhantom: 0,
  },
  checkpointViolations: [],
  sound: true,
};

test('rounds add up, and one that is not sound spoils all', () => {
  const broken: FaultReport = {
    ...round,
    run: { ...round.run, seconds: 20 },
    strikes: { 'storage-2': 1, storage: 1 },
    sent: { requests: 1, readings: 2, retries: { unknown: 1, '503': 1 } },
    verdicts: { ...round.verdicts, lost: 1 },
    checkpointViolations: ['epoch 5 → 4'],
    sound: false,
  };
  expect(reportLines(combine([round, broken]))).toEqual([
    'BROKEN: kill-services, seed 7',
    '  struck in 80 s: ingestion 2, storage 2, storage-2 1',
    '  102 readings in 11 requests sent; tried again after: 503 4, unknown 1',
    expect.stringMatching(/^ {2}acknowledged 180, lost 1, duplicated 0, .*, windowsExpected 16, /),
    '  checkpoint: epoch 5 → 4',
  ]);
  expect(combine([round])).toEqual(round);
});
