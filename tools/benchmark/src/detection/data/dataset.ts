import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { parseTimestampUs } from './timestamps';

/** What is wrong with the data, in words for whoever made the folder. */
export class DatasetError extends Error {
  override readonly name = 'DatasetError';
}

/** First and last row of a labelled anomaly. */
export interface Window {
  readonly first: number;
  readonly last: number;
}

export interface LabelledSeries {
  /** `<category>/<file>.csv`. */
  readonly name: string;
  readonly category: string;
  /** As they stand in the file. */
  readonly timestamps: readonly string[];
  /** Microseconds since the epoch. */
  readonly timesUs: Float64Array;
  readonly values: Float64Array;
  readonly windows: readonly Window[];
}

/**
 * Reads a folder in the layout of the Numenta Anomaly Benchmark: `labels/combined_windows.json` names every series
 * (`"<category>/<file>.csv": [[start, end], …]`), `data/<category>/<file>.csv` holds it (`timestamp,value`). Sorted by name.
 * Throws `DatasetError`.
 */
export function loadDataset(folder: string): LabelledSeries[] {
  const labels = loadLabels(path.join(folder, 'labels', 'combined_windows.json'));
  const names = Object.keys(labels).sort();
  if (names.length === 0) throw new DatasetError('labels/combined_windows.json names no series');
  return names.map((name) => loadSeries(folder, name, labels[name]!));
}

type Labels = Record<string, readonly (readonly [string, string])[]>;

function loadLabels(file: string): Labels {
  if (!existsSync(file)) {
    throw new DatasetError(`${file} is missing: the folder has to have the layout of NAB, data/ and labels/`);
  }
  let parsed: unknown;
  try {
    parsed = JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new DatasetError(`${file} is not JSON`, { cause: error });
  }
  if (!isLabels(parsed)) throw new DatasetError(`${file} is not an object of lists of [start, end]`);
  return parsed;
}

function isLabels(value: unknown): value is Labels {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false;
  return Object.values(value).every((list) => Array.isArray(list) && list.every(isPairOfText));
}

function isPairOfText(value: unknown): boolean {
  return Array.isArray(value) && value.length === 2 && value.every((part) => typeof part === 'string');
}

function loadSeries(folder: string, name: string, labels: Labels[string]): LabelledSeries {
  const file = path.join(folder, 'data', name);
  if (!existsSync(file)) throw new DatasetError(`${file} is missing: labels/combined_windows.json names it`);
  const lines = readFileSync(file, 'utf8').split(/\r?\n/);
  const { timeColumn, valueColumn } = columns(file, lines[0] ?? '');
  const rows = lines.slice(1).filter((line) => line.trim() !== '');
  const timestamps: string[] = [];
  const timesUs = new Float64Array(rows.length);
  const values = new Float64Array(rows.length);
  rows.forEach((line, row) => {
    const cells = line.split(',');
    const timestamp = (cells[timeColumn] ?? '').trim();
    timestamps.push(timestamp);
    timesUs[row] = parseTimestampUs(timestamp) ?? fail(file, row, `"${timestamp}" is not a timestamp`);
    values[row] =
      parseValue(cells[valueColumn]) ?? fail(file, row, `"${cells[valueColumn] ?? ''}" is not a number`);
  });
  const windows = labels.map(([start, end]) => toWindow(name, timesUs, [start, end]));
  windows.sort((a, b) => a.first - b.first);
  return { name, category: name.split('/')[0]!, timestamps, timesUs, values, windows };
}

function columns(file: string, header: string): { timeColumn: number; valueColumn: number } {
  const cells = header.split(',').map((cell) => cell.trim().toLowerCase());
  const timeColumn = cells.indexOf('timestamp');
  const valueColumn = cells.indexOf('value');
  if (timeColumn < 0 || valueColumn < 0) {
    throw new DatasetError(`${file}: the first line has to name the columns timestamp and value`);
  }
  return { timeColumn, valueColumn };
}

/** A missing value is NaN: the detector has to live with it. */
function parseValue(text: string | undefined): number | undefined {
  const trimmed = text?.trim() ?? '';
  if (trimmed === '' || trimmed.toLowerCase() === 'nan') return NaN;
  const value = Number(trimmed);
  return Number.isNaN(value) ? undefined : value;
}

function fail(file: string, row: number, what: string): never {
  throw new DatasetError(`${file}:${row + 2}: ${what}`);
}

/** The rows of a labelled span: those with exactly these times where there are any, otherwise the rows between them. */
function toWindow(name: string, timesUs: Float64Array, [start, end]: readonly [string, string]): Window {
  const startUs = parseTimestampUs(start);
  const endUs = parseTimestampUs(end);
  if (startUs === undefined || endUs === undefined || endUs < startUs) {
    throw new DatasetError(
      `labels/combined_windows.json: ${name}: "${start}" to "${end}" is no span of time`,
    );
  }
  const exactFirst = timesUs.indexOf(startUs);
  const exactLast = timesUs.indexOf(endUs);
  const first = exactFirst >= 0 ? exactFirst : timesUs.findIndex((time) => time >= startUs);
  const last = exactLast >= 0 ? exactLast : timesUs.findLastIndex((time) => time <= endUs);
  if (first < 0 || last < first) {
    throw new DatasetError(
      `labels/combined_windows.json: ${name}: no row lies between "${start}" and "${end}"`,
    );
  }
  return { first, last };
}
