import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ChaosPlatform, LEDGER_SETTINGS, armedFailPoints, runFault } from '@tidewatch/testing';
import { type ChaosOptions, USAGE, parseOptions } from './options';
import { reportLines } from './report';

const say = (line: string) => process.stderr.write(`${line}\n`);

/** Resolves to true when every fault was survived. */
async function run(options: ChaosOptions): Promise<boolean> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidewatch-chaos-'));
  const platform = await ChaosPlatform.start({
    driver: options.driver,
    folder,
    script: path.resolve(__dirname, '../../standalone/src/main.js'),
    replicas: { processing: 2, storage: 2 },
    settings: { ...LEDGER_SETTINGS, ...(options.faults.includes('fail-points') ? armedFailPoints() : {}) },
    say: (line) => say(`  | ${line}`),
  });
  const stop = onceStopped(platform);
  let sound = true;
  try {
    for (const [index, fault] of options.faults.entries()) {
      say(`${fault} for ${options.seconds} s …`);
      const name = `chaos-${index}`;
      const report = await runFault(platform, {
        fault,
        seconds: options.seconds,
        seed: options.seed + index,
        name,
      });
      for (const line of reportLines(report)) process.stdout.write(`${line}\n`);
      sound &&= report.sound;
    }
  } finally {
    await stop();
    if (options.keep || !sound) say(`Data, logs and ledgers are in ${folder}`);
    else await rm(folder, { recursive: true, force: true });
  }
  return sound;
}

/** Ctrl-C must not leave a platform behind. */
function onceStopped(platform: ChaosPlatform): () => Promise<void> {
  let stopped: Promise<void> | undefined;
  const stop = () => (stopped ??= platform.stop());
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.once(signal, () => void stop().finally(() => process.exit(130)));
  }
  return stop;
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
