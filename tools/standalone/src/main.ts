import path from 'node:path';
import { openDataFolder } from './data/data-folder';
import { takeLock } from './data/lock';
import { lastLine } from './errors';
import { type StandaloneOptions, USAGE, parseOptions } from './options';
import { Platform, type Running } from './platform/platform';
import { welcome } from './platform/welcome';
import { Reporter } from './reporter';
import { onEndRequested } from './signals';

const reporter = new Reporter((line) => process.stderr.write(`${line}\n`));
const { say } = reporter;

/** Resolves to the exit code. Throws `StartError`. */
async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2));
  if (options.help) {
    process.stdout.write(USAGE);
    return 0;
  }
  const folder = openDataFolder(options.dataDir);
  const unlock = takeLock(folder.lock, folder.path);
  reporter.open(folder.logs);
  // From dist/tools/standalone/src up to dist.
  const dist = path.resolve(__dirname, '..', '..', '..');
  const platform = new Platform({ options, folder, dist, environment: process.env, say });
  const endRequested = new Promise<void>((resolve) => {
    onEndRequested({
      first: (why) => {
        say(`${why}: stopping, nothing that was accepted is lost …`);
        resolve();
      },
      again: () => {
        say('Stopping at once');
        platform.kill();
      },
    });
  });
  try {
    const startedAt = Date.now();
    const started = platform.start();
    // When the end was asked for, a start that fails is no news.
    void endRequested.then(() => started.catch(() => undefined));
    const running = await Promise.race([started, endRequested]);
    if (running !== undefined) {
      announce(running, options, { dataDir: folder.path, seconds: (Date.now() - startedAt) / 1000 });
      await endRequested;
    }
    return 0;
  } finally {
    await platform.stop();
    unlock();
  }
}

function announce(
  running: Running,
  options: StandaloneOptions,
  facts: { dataDir: string; seconds: number },
): void {
  const text = options.printJson
    ? `${JSON.stringify({ ...running, dataDir: facts.dataDir, pid: process.pid })}\n`
    : `${welcome({ ...running, ...facts })}\n`;
  process.stdout.write(text);
}

// A terminal that was closed must not end us in the middle of a drain.
for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    say(lastLine(error));
    process.exit(1);
  },
);
