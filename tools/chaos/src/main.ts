import { rmSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type FaultName, type FaultReport, runFault } from '@tidewatch/testing';
import { type ChaosOptions, USAGE, parseOptions } from './options';
import { PlatformKeeper } from './platform-keeper';
import { combine, reportLines } from './report';

/** Ledger and platform are compared after each round, so memory does not grow with the length of a run. */
const ROUND_SECONDS = 60;
const SEEDS_BETWEEN_ROUNDS = 1_000;

const say = (line: string) => process.stderr.write(`${line}\n`);

interface Session {
  readonly options: ChaosOptions;
  readonly keeper: PlatformKeeper;
  /** Rounds of the fault that is going on. */
  rounds: FaultReport[];
}

/** Resolves to true when every fault was survived. */
async function run(options: ChaosOptions): Promise<boolean> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidewatch-chaos-'));
  const keeper = new PlatformKeeper({ driver: options.driver, folder, say: (line) => say(`  | ${line}`) });
  const session: Session = { options, keeper, rounds: [] };
  endOnSignal(session, folder);
  let sound = false;
  try {
    const results: boolean[] = [];
    for (const [index, fault] of options.faults.entries()) results.push(await attack(session, fault, index));
    sound = results.every(Boolean);
  } finally {
    await keeper.end();
    if (options.keep || !sound) say(`Data, logs and ledgers are in ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
  return sound;
}

/** One fault, round after round, until its time is over or a round was not survived. */
async function attack(session: Session, fault: FaultName, index: number): Promise<boolean> {
  const { options, keeper } = session;
  say(`${fault} for ${options.seconds} s …`);
  session.rounds = [];
  let platform = await keeper.platformFor(fault);
  const until = Date.now() + options.seconds * 1000;
  for (;;) {
    const round = session.rounds.length;
    const report = await runFault(platform, {
      fault,
      seconds: Math.max(1, Math.min(ROUND_SECONDS, (until - Date.now()) / 1000)),
      seed: options.seed + index + round * SEEDS_BETWEEN_ROUNDS,
      name: `chaos-${index}-${round}`,
    });
    session.rounds.push(report);
    say(`${fault}, round ${round + 1}: ${report.sound ? 'sound' : 'BROKEN'}`);
    if (Date.now() >= until || !report.sound) break;
    platform = await keeper.platformFor(fault);
  }
  print(session.rounds);
  return session.rounds.every(({ sound }) => sound);
}

function print(rounds: readonly FaultReport[]): void {
  if (rounds.length === 0) return;
  for (const line of reportLines(combine(rounds))) process.stdout.write(`${line}\n`);
}

/** Ctrl-C tells what was counted so far, and leaves no platform behind. */
function endOnSignal(session: Session, folder: string): void {
  const end = async (signal: string) => {
    say(`${signal}: stopping the platform …`);
    await session.keeper.end();
    print(session.rounds);
    if (!session.options.keep) rmSync(folder, { recursive: true, force: true });
    process.exit(130);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => void end(signal));
}

async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2), () => Math.floor(Math.random() * 2 ** 31));
  if (options === null) {
    process.stdout.write(USAGE);
    return;
  }
  say(`Driver ${options.driver}, seed ${options.seed}`);
  process.exitCode = (await run(options)) ? 0 : 1;
}

main().catch((error: unknown) => {
  say(error instanceof Error ? error.message : String(error));
  process.exitCode = 1;
});
