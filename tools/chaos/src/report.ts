import type { FaultReport } from '@tidewatch/testing';

/** The report of one fault, for the terminal. */
export function reportLines(report: FaultReport): string[] {
  const { run, injected, sent, verdicts, checkpointViolations, sound } = report;
  const counts = (from: object) =>
    Object.entries(from)
      .map(([name, count]) => `${name} ${String(count)}`)
      .join(', ') || 'none';
  return [
    `${sound ? 'sound' : 'BROKEN'}: ${run.fault}, seed ${run.seed}`,
    `  struck ${injected} times in ${run.seconds} s; ${sent.readings} readings in ${sent.requests} requests sent; tried again after: ${counts(sent.retries)}`,
    `  ${counts(verdicts)}`,
    ...checkpointViolations.map((violation) => `  checkpoint: ${violation}`),
  ];
}
