import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { writeNabFolder } from './nab-folder';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-faults-'));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

test('writes every kind with every fault, and the labels by the times of the rows', () => {
  const count = writeNabFolder({ folder, seed: 3, copies: 1, rows: 300, intervalMs: 60_000 });
  const labels = JSON.parse(
    readFileSync(path.join(folder, 'labels', 'combined_windows.json'), 'utf8'),
  ) as Record<string, [string, string][]>;
  expect(Object.keys(labels)).toHaveLength(count);
  expect(count).toBe(67);
  expect(labels['ar1/no-fault-1.csv']).toEqual([]);
  expect(labels['ar1/gap-1.csv']).toEqual([]);
  const [[start, end]] = labels['constant/spike-1.csv'] as [[string, string]];
  const lines = readFileSync(path.join(folder, 'data', 'constant', 'spike-1.csv'), 'utf8').split('\n');
  expect(lines.slice(0, 2)).toEqual(['timestamp,value', '2026-01-01 00:00:00.000,21.5']);
  expect(lines.filter((line) => line.endsWith(',36.5'))).toEqual([`${start},36.5`, `${end},36.5`]);
});
