import { spawn } from 'node:child_process';
import path from 'node:path';
import { StartError } from '../errors';
import { LineSplitter } from '../processes/line-splitter';
import { LogFile } from '../processes/log-file';

/** Runs the storage service's migration as the owner of the tables. Throws `StartError` with what it said last. */
export async function migrate(options: {
  dist: string;
  databaseUrl: string;
  logs: string;
  say: (line: string) => void;
}): Promise<void> {
  const logFile = path.join(options.logs, 'migrate.log');
  const log = new LogFile(logFile);
  const script = path.join(options.dist, 'apps', 'storage', 'src', 'migrate.js');
  let last = '';
  const code = await new Promise<number | null>((resolve, reject) => {
    const child = spawn(process.execPath, [script], {
      env: { PATH: process.env['PATH'] ?? '', NODE_ENV: 'production', DATABASE_URL: options.databaseUrl },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const onLine = (line: string) => {
      log.write(line);
      if (line.trim() === '') return;
      last = textOf(line);
      options.say(`Migration: ${last}`);
    };
    for (const stream of [child.stdout, child.stderr]) {
      const lines = new LineSplitter(onLine);
      stream.on('data', (chunk: Buffer) => lines.push(chunk));
      stream.on('end', () => lines.end());
    }
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
