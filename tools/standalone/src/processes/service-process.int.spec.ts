import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { waitFor } from '@tidewatch/testing';
import { endLeftovers } from './leftovers';
import { LogFile } from './log-file';
import { PidFile } from './pid-file';
import { commandOf, isAlive } from './process-table';
import { ServiceProcess } from './service-process';

let temp: string;
beforeEach(() => {
  temp = mkdtempSync(path.join(tmpdir(), 'tidewatch-process-'));
});
afterEach(() => rmSync(temp, { recursive: true, force: true }));

function script(source: string): string {
  const file = path.join(temp, `service-${Math.random()}.cjs`);
  writeFileSync(file, source);
  return file;
}

interface Seen {
  pids: number[];
  lines: string[];
  deaths: string[];
}

function run(source: string, env: Record<string, string> = {}): { service: ServiceProcess; seen: Seen } {
  const seen: Seen = { pids: [], lines: [], deaths: [] };
  const service = new ServiceProcess(
    { id: 'fake', args: [script(source)], env },
    {
      started: (pid) => seen.pids.push(pid),
      line: (line) => seen.lines.push(line),
      died: (how) => seen.deaths.push(how),
    },
  );
  service.start();
  return { service, seen };
}

describe('ServiceProcess', () => {
  test('starts again what died, with its environment but the next fail point of the list', async () => {
    const { service, seen } = run(`console.log(JSON.stringify(process.env)); setInterval(() => {}, 1000);`, {
      A: '1',
      FAIL_POINT: 'x.y@1,x.z@2',
    });
    await waitFor('the first line', () => seen.lines.length === 1);
    process.kill(seen.pids[0]!, 'SIGKILL');
    await waitFor('the second line', () => seen.lines.length === 2);
    expect(JSON.parse(seen.lines[0]!)).toMatchObject({ A: '1', FAIL_POINT: 'x.y@1' });
    expect(JSON.parse(seen.lines[1]!)).toMatchObject({ A: '1', FAIL_POINT: 'x.z@2' });
    process.kill(seen.pids[1]!, 'SIGKILL');
    await waitFor('the third line', () => seen.lines.length === 3);
    expect(JSON.parse(seen.lines[2]!)).not.toHaveProperty('FAIL_POINT');
    expect(seen.deaths).toEqual(['SIGKILL', 'SIGKILL']);
    expect(service.deaths).toBe(2);
    expect(await service.stop(5_000)).toBe(true);
    expect(seen.pids.filter(isAlive)).toEqual([]);
  });

  test('nothing is inherited', async () => {
    const { service, seen } = run(
      `console.log(Object.keys(process.env).join()); setInterval(() => {}, 1000);`,
    );
    await waitFor('a line', () => seen.lines.length === 1);
    expect(seen.lines[0]).toBe('');
    await service.stop(5_000);
  });

  test('what does not end within the grace is killed', async () => {
    const { service, seen } = run(
      `process.on('SIGTERM', () => console.log('no')); console.log('up'); setInterval(() => {}, 1000);`,
    );
    await waitFor('the process to be up', () => seen.lines.includes('up'));
    expect(await service.stop(200)).toBe(false);
    expect(seen.lines).toEqual(['up', 'no']);
    expect(seen.deaths).toEqual([]);
    expect(isAlive(seen.pids[0]!)).toBe(false);
  });

  test('a stop between two lives ends the matter', async () => {
    const { service, seen } = run(`process.exit(3)`);
    await waitFor('two deaths', () => seen.deaths.length === 2);
    await service.stop(1_000);
    expect(seen.deaths).toEqual(['exit code 3', 'exit code 3']);
    expect(service.pid).toBeUndefined();
  });
});

describe('endLeftovers', () => {
  test('ends our own process and only that', async () => {
    const ours = run(`console.log('up'); setInterval(() => {}, 1000);`);
    const other = run(`console.log('up'); setInterval(() => {}, 1000);`);
    await waitFor('both', () => ours.seen.lines.length === 1 && other.seen.lines.length === 1);
    const runFolder = mkdtempSync(path.join(temp, 'run-'));
    writeFileSync(path.join(runFolder, 'ours.pid'), `${ours.seen.pids[0]}\n`);
    writeFileSync(path.join(runFolder, 'other.pid'), `${other.seen.pids[0]}\n`);
    writeFileSync(path.join(runFolder, 'damaged.pid'), 'x');
    const marks: Record<string, string> = { ours: commandOf(ours.seen.pids[0]!)!, other: 'something else' };
    const lines: string[] = [];
    const mark = (service: string) => marks[service] ?? 'x';
    await endLeftovers(runFolder, { mark, onProgress: (line) => lines.push(line) });
    expect(lines).toEqual([`Ending ours of an earlier run (process ${ours.seen.pids[0]}) …`]);
    expect(ours.seen.deaths).toEqual(['SIGTERM']);
    expect(isAlive(other.seen.pids[0]!)).toBe(true);
    await Promise.all([ours.service.stop(5_000), other.service.stop(5_000)]);
  });
});

test('a log file grows to its bound and keeps one earlier file', () => {
  const file = path.join(temp, 'x.log');
  const log = new LogFile(file, 10);
  for (const line of ['one', 'two', 'three', 'four', 'a line longer than the bound', 'six']) log.write(line);
  log.close();
  expect(readFileSync(file, 'utf8')).toBe('six\n');
  expect(readFileSync(`${file}.1`, 'utf8')).toBe('a line longer than the bound\n');
  expect(statSync(file).mode & 0o777).toBe(0o600);
  const again = new LogFile(file, 10);
  again.write('seven');
  again.close();
  expect(readFileSync(file, 'utf8')).toBe('six\nseven\n');
});

test('a log goes on after a disk that was full when the file had grown', () => {
  const file = path.join(temp, 'x.log');
  const log = new LogFile(file, 10);
  log.write('one');
  // As far as a rotation comes that finds no room for the next file.
  renameSync(file, `${file}.1`);
  log.write('a line longer than the bound');
  log.close();
  expect(readFileSync(file, 'utf8')).toBe('a line longer than the bound\n');
});

test('a note of a process that cannot be written is left out', () => {
  const folder = path.join(temp, 'run');
  const note = new PidFile(folder, 'storage');
  note.write(7);
  mkdirSync(folder);
  note.write(7);
  expect(readFileSync(path.join(folder, 'storage.pid'), 'utf8')).toBe('7\n');
  note.remove();
  expect(readdirSync(folder)).toEqual([]);
});
