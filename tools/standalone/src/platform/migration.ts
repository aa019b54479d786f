import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Readable } from 'node:stream';
import { StartError } from '../errors';
import { LineSplitter } from '../processes/line-splitter';
import { LogFile } from '../processes/log-file';

/** Runs the storage service's migration as the owner of the tables; it makes the log's topics as well. Throws `StartError` with what it said last. */
export async function migrate(options: {
  dist: string;
  databaseUrl: string;
  log: 'postgres' | 'kafka';
  kafkaBrokers: string;
  logs: string;
  say: (line: string) => void;
}): Promise<void> {
  const logFile = path.join(options.logs, 'migrate.log');
  const log = new LogFile(logFile);
  const script = path.join(options.dist, 'apps', 'storage', 'src', 'migrate.js');
  let last = '';
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(process.execPath, [script], {
      env: {
        PATH: process.env['PATH'] ?? '',
        NODE_ENV: 'production',
        DATABASE_URL: options.databaseUrl,
        MESSAGE_LOG: options.log,
        KAFKA_BROKERS: options.kafkaBrokers,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const follow = (stream: Readable, onLine: (line: string) => void) => {
      const lines = new LineSplitter((line) => {
        log.write(line);
        if (line.trim() !== '') onLine((last = textOf(line)));
      });
      stream.on('data', (chunk: Buffer) => lines.push(chunk));
      stream.on('end', () => lines.end());
    };
    follow(child.stdout, (line) => options.say(`Migration: ${line}`));
    // What it says in the end is told once, by the error.
    follow(child.stderr, () => undefined);
    child.once('error', reject);
    child.once('close', resolve);
  });
  log.close();
  if (code !== 0) throw new StartError(`The migration failed: ${last || `see ${logFile}`}`);
}

/** The message of a JSON log line; any other line as it is. */
function textOf(line: string): string {
  try {
    const value = JSON.parse(line) as { msg?: unknown } | null;
    return typeof value?.msg === 'string' ? value.msg : line;
  } catch {
    return line;
  }
}
