import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { loadDataset } from './dataset';

let folder: string;

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-dataset-'));
  mkdirSync(path.join(folder, 'labels'));
  mkdirSync(path.join(folder, 'data', 'pumps'), { recursive: true });
});

afterEach(() => rmSync(folder, { recursive: true, force: true }));

const ROWS = [
  '2026-01-31 14:00:00,1.5',
  '2026-01-31 14:00:30,2',
  '2026-01-31 14:01:00,',
  '2026-01-31 14:01:30,9',
];

function write({
  labels,
  header = 'timestamp,value',
  rows = ROWS,
}: Partial<Record<'labels' | 'header', string>> & { rows?: string[] }): void {
  writeFileSync(path.join(folder, 'labels', 'combined_windows.json'), labels ?? '{"pumps/p7.csv": []}');
  writeFileSync(path.join(folder, 'data', 'pumps', 'p7.csv'), [header, ...rows, ''].join('\n'));
}

test('reads rows, and windows as rows', () => {
  write({ labels: '{"pumps/p7.csv": [["2026-01-31 14:00:30", "2026-01-31 14:01:00"]]}' });
  const [series] = loadDataset(folder);
  expect(series).toMatchObject({ name: 'pumps/p7.csv', category: 'pumps', windows: [{ first: 1, last: 2 }] });
  expect([...series!.values]).toEqual([1.5, 2, NaN, 9]);
  expect(series!.timesUs[1]! - series!.timesUs[0]!).toBe(30_000_000);
});

test('a window between rows covers the rows inside', () => {
  write({ labels: '{"pumps/p7.csv": [["2026-01-31 14:00:10", "2026-01-31 14:01:10"]]}' });
  expect(loadDataset(folder)[0]!.windows).toEqual([{ first: 1, last: 2 }]);
});

test('columns may stand in any order, with others beside them', () => {
  write({ header: 'unit,value,timestamp', rows: ['bar,4.2,2026-01-31 14:00:00'] });
  expect([...loadDataset(folder)[0]!.values]).toEqual([4.2]);
});

describe('says what is wrong and where', () => {
  test.each<[string, Parameters<typeof write>[0], RegExp]>([
    ['labels that are not JSON', { labels: '{' }, /combined_windows.json is not JSON/],
    ['labels of another form', { labels: '{"pumps/p7.csv": ["2026"]}' }, /not an object of lists/],
    ['no series', { labels: '{}' }, /names no series/],
    ['a file that is not there', { labels: '{"pumps/p8.csv": []}' }, /p8.csv is missing/],
    ['other columns', { header: 'time,value' }, /has to name the columns timestamp and value/],
    ['a bad time', { rows: ['2026-01-31 14:00:00,1', 'soon,1'] }, /p7.csv:3: "soon" is not a timestamp/],
    ['a bad value', { rows: ['2026-01-31 14:00:00,high'] }, /p7.csv:2: "high" is not a number/],
    [
      'a window outside',
      { labels: '{"pumps/p7.csv": [["2027-01-01 00:00:00", "2027-01-01 00:00:01"]]}' },
      /no row lies between/,
    ],
    [
      'a window backwards',
      { labels: '{"pumps/p7.csv": [["2026-01-31 14:01:00", "2026-01-31 14:00:00"]]}' },
      /is no span of time/,
    ],
  ])('%s', (_, content, message) => {
    write(content);
    expect(() => loadDataset(folder)).toThrow(message);
  });

  test('a folder of another layout', () => {
    expect(() => loadDataset(path.join(folder, 'data'))).toThrow(/the layout of NAB/);
  });
});
