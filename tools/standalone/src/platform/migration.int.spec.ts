import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { StartError } from '../errors';
import { migrate } from './migration';

let dist: string;
let said: string[];

beforeEach(() => {
  dist = mkdtempSync(path.join(tmpdir(), 'tidewatch-migration-'));
  said = [];
});
afterEach(() => rmSync(dist, { recursive: true, force: true }));

function run(script: string): Promise<void> {
  const folder = path.join(dist, 'apps', 'storage', 'src');
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, 'migrate.js'), script);
  return migrate({
    dist,
    databaseUrl: 'postgres://a:b@c/d',
    log: 'kafka',
    kafkaBrokers: 'one:9092',
    logs: dist,
    say: (line) => said.push(line),
  });
}

test('makes the tables and the topics of the log that is wanted, and passes on what is said', async () => {
  await run('const { MESSAGE_LOG, KAFKA_BROKERS } = process.env; console.log(MESSAGE_LOG, KAFKA_BROKERS)');
  expect(said).toEqual(['Migration: kafka one:9092']);
});

test('a refusal is one line, which the error has', async () => {
  const failed = run(`console.log('done'); console.error('migrate: another log'); process.exitCode = 4`);
  await expect(failed).rejects.toThrow(new StartError('The migration failed: migrate: another log'));
  expect(said).toEqual(['Migration: done']);
});
