import { type ChildProcess, spawn } from 'node:child_process';
import { chmod, mkdtemp, readFile, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { freePortRange, type KafkaBroker, startKafka } from '@tidewatch/testing';

export type Driver = 'kafka' | 'postgres';

/** What `tools/standalone --print-json` prints. */
interface Running {
  readonly ingestKey: string;
  readonly apiKey: string;
  readonly databaseUrl: string;
  readonly services: Readonly<Record<string, string>>;
}

export interface BenchmarkPlatform extends Running {
  /** Process ids by name: every service, the database, and the broker if there is one. */
  processes(): Promise<Record<string, number>>;
  stop(): Promise<void>;
}

/** Starts a fresh platform in a temporary folder, as `npm start` does, and a broker of its own for Kafka. */
export async function startPlatform(driver: Driver, say: (line: string) => void): Promise<BenchmarkPlatform> {
  const folder = await mkdtemp(path.join(tmpdir(), 'tidewatch-benchmark-'));
  // PostgreSQL never runs as root: started by root it is another user, who must be able to get to its folder.
  await chmod(folder, 0o711);
  const broker = driver === 'kafka' ? await startBroker(folder, say) : null;
  const dataDir = path.join(folder, 'data');
  const args = ['--data-dir', dataDir, '--port', String(await freePortRange()), '--print-json'];
  if (broker !== null) args.push('--log', 'kafka', '--kafka-brokers', broker.brokers);
  const child = spawn(process.execPath, [path.resolve(__dirname, '../../standalone/src/main.js'), ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const running = await firstLine(child, say);
  return {
    ...running,
    processes: async () => ({
      ...(await processIds(path.join(dataDir, 'run'))),
      ...(broker?.pid === undefined ? {} : { kafka: broker.pid }),
    }),
    stop: async () => {
      child.kill('SIGTERM');
      if (child.exitCode === null) await new Promise((resolve) => child.once('exit', resolve));
      await broker?.stop();
      await rm(folder, { recursive: true, force: true });
    },
  };
}

function startBroker(folder: string, say: (line: string) => void): Promise<KafkaBroker> {
  return startKafka({
    dataDir: path.join(folder, 'kafka'),
    heapMb: 1024,
    onProgress: say,
  });
}

function firstLine(child: ChildProcess, say: (line: string) => void): Promise<Running> {
  return new Promise((resolve, reject) => {
    let text = '';
    child.stdout!.on('data', (chunk: Buffer) => {
      text += chunk.toString('utf8');
      if (text.includes('\n')) resolve(JSON.parse(text.slice(0, text.indexOf('\n'))) as Running);
    });
    child.stderr!.on('data', (chunk: Buffer) => say(chunk.toString('utf8').trimEnd()));
    child.once('exit', (code) =>
      reject(new Error(`the platform ended with code ${String(code)} before it was ready`)),
    );
  });
}

async function processIds(runFolder: string): Promise<Record<string, number>> {
  const files = (await readdir(runFolder)).filter((file) => file.endsWith('.pid'));
  const entries = files.map(async (file) => {
    const pid = Number(await readFile(path.join(runFolder, file), 'utf8'));
    return [file.slice(0, -'.pid'.length), pid] as const;
  });
  return Object.fromEntries(await Promise.all(entries));
}
