import type { FaultReport } from '@tidewatch/testing';

type Counts = Readonly<Record<string, number>>;

/** Rounds of one fault as one report: counts add up, and one round that is not sound spoils all. Pure. */
export function combine(rounds: readonly FaultReport[]): FaultReport {
  const first = rounds[0]!;
  return {
    run: { ...first.run, seconds: total(rounds.map(({ run }) => run.seconds)) },
    strikes: sum(rounds.map(({ strikes }) => strikes)),
    sent: {
      requests: total(rounds.map(({ sent }) => sent.requests)),
      readings: total(rounds.map(({ sent }) => sent.readings)),
      retries: sum(rounds.map(({ sent }) => sent.retries)),
    },
    verdicts: sum(rounds.map(({ verdicts }) => ({ ...verdicts }))) as unknown as FaultReport['verdicts'],
    checkpointViolations: rounds.flatMap(({ checkpointViolations }) => checkpointViolations),
    sound: rounds.every(({ sound }) => sound),
  };
}

/** The report of one fault, for the terminal. */
export function reportLines(report: FaultReport): string[] {
  const { run, strikes, sent, verdicts, checkpointViolations, sound } = report;
  return [
    `${sound ? 'sound' : 'BROKEN'}: ${run.fault}, seed ${run.seed}`,
    `  struck in ${Math.round(run.seconds)} s: ${list(strikes)}`,
    `  ${sent.readings} readings in ${sent.requests} requests sent; tried again after: ${list(sent.retries)}`,
    `  ${list(verdicts)}`,
    ...checkpointViolations.map((violation) => `  checkpoint: ${violation}`),
  ];
}

function list(counts: object): string {
  return (
    Object.entries(counts)
      .map(([name, count]) => `${name} ${String(count)}`)
      .join(', ') || 'none'
  );
}

function sum(all: readonly Counts[]): Record<string, number> {
  const result: Record<string, number> = {};
  for (const counts of all)
    for (const [name, count] of Object.entries(counts)) result[name] = (result[name] ?? 0) + count;
  return result;
}

function total(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
