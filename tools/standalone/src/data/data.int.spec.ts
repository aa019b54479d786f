import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { openDataFolder } from './data-folder';
import { takeLock } from './lock';
import { Secrets } from './secrets';

let temp: string;
beforeEach(() => {
  temp = mkdtempSync(path.join(tmpdir(), 'tidewatch-data-'));
});
afterEach(() => rmSync(temp, { recursive: true, force: true }));

describe('openDataFolder', () => {
  test('is fresh until it was started once', () => {
    const root = path.join(temp, 'a', 'b');
    const folder = openDataFolder(root);
    expect(folder.fresh).toBe(true);
    expect(openDataFolder(root).fresh).toBe(true);
    folder.markStarted();
    expect(openDataFolder(root).fresh).toBe(false);
    expect(readFileSync(path.join(root, 'VERSION'), 'utf8')).toBe('1\n');
    expect(statSync(folder.secrets).mode & 0o777).toBe(0o700);
  });

  test.each([
    ['2\n', /is of a newer Tidewatch \(format 2; this one knows 1\)/],
    ['x\n', /VERSION in the data folder .* is damaged: it says "x"/],
  ])('VERSION %j is refused with one line', (version, line) => {
    writeFileSync(path.join(temp, 'VERSION'), version);
    expect(() => openDataFolder(temp)).toThrow(line);
  });

  test('a path that cannot be a folder is refused with one line', () => {
    writeFileSync(path.join(temp, 'file'), '');
    for (const given of [path.join(temp, 'file'), path.join(temp, 'file', 'x')]) {
      expect(() => openDataFolder(given)).toThrow('cannot be used: it, or a part of its path, is a file.');
    }
    // Nobody, not even root, makes folders in there.
    expect(() => openDataFolder('/proc/tidewatch')).toThrow(
      'The data folder /proc/tidewatch cannot be used: it cannot be made. Choose another folder with --data-dir.',
    );
  });
});

/** Root may write everywhere: there the test is somebody else for a moment. */
function asOrdinaryUser(test: () => void): void {
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.('nobody');
  try {
    test();
  } finally {
    if (isRoot) process.seteuid?.(0);
  }
}

test.each([
  ['a folder of somebody else', 'd'],
  ['a new folder in it', 'd/new'],
])('without write permission: %s is refused with one line', (_, name) => {
  chmodSync(temp, 0o755);
  mkdirSync(path.join(temp, 'd'), { mode: 0o555 });
  const given = path.join(temp, name);
  asOrdinaryUser(() =>
    expect(() => openDataFolder(given)).toThrow(
      `The data folder ${given} cannot be used: no permission to write there. Choose another folder with --data-dir.`,
    ),
  );
});

describe('takeLock', () => {
  const lock = () => path.join(temp, 'lock');

  test('a second taker is told who holds it, until it is given back', () => {
    const release = takeLock(lock(), temp);
    expect(() => takeLock(lock(), temp)).toThrow(`already runs on ${temp} (process ${process.pid})`);
    release();
    takeLock(lock(), temp)();
  });

  test.each([
    ['a process that is gone', '{"pid":4194303,"startTime":"1"}'],
    ['an earlier process with the same id', `{"pid":${process.pid},"startTime":"1"}`],
    ['nobody who can be told', 'garbage'],
    ['nothing', ''],
  ])('the lock of %s is taken over', (_, text) => {
    writeFileSync(lock(), text);
    const release = takeLock(lock(), temp);
    expect(JSON.parse(readFileSync(lock(), 'utf8'))).toMatchObject({ pid: process.pid });
    release();
  });

  test('gives back only its own lock', () => {
    const release = takeLock(lock(), temp);
    writeFileSync(lock(), 'of another');
    release();
    expect(readFileSync(lock(), 'utf8')).toBe('of another');
  });
});

test('secrets are made once, differ, and are for the owner only', () => {
  const secrets = new Secrets(temp);
  const first = secrets.get('one');
  expect(first).toMatch(/^[\w-]{43}$/);
  expect(new Secrets(temp).get('one')).toBe(first);
  expect(secrets.get('two')).not.toBe(first);
  expect(statSync(path.join(temp, 'one')).mode & 0o777).toBe(0o600);
  writeFileSync(path.join(temp, 'three'), '', { mode: 0o644 });
  expect(secrets.get('three')).toMatch(/^[\w-]{43}$/);
  expect(statSync(path.join(temp, 'three')).mode & 0o777).toBe(0o600);
});
