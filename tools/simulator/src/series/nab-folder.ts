import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { BASE_KINDS } from './base';
import { appliesTo, SERIES_FAULTS } from './fault-effects';
import { labelledSeries, type LabelledSeries, type SeriesPlan } from './labelled-series';

export interface NabOptions {
  readonly folder: string;
  readonly seed: number;
  /** Series of each kind with each fault; each is of another seed. */
  readonly copies: number;
  readonly rows: number;
  readonly intervalMs: number;
}

/**
 * Writes series of each kind with each fault, and one without, in the layout of the Numenta Anomaly Benchmark: `data/<kind>/<fault>-<n>.csv` and
 * `labels/combined_windows.json`. Returns how many. Files that are there already are written over, and no others are touched.
 */
export function writeNabFolder({ folder, seed, copies, rows, intervalMs }: NabOptions): number {
  const windows: Record<string, [string, string][]> = {};
  for (const base of BASE_KINDS) {
    const wanted = SERIES_FAULTS.filter((fault) => appliesTo(fault, base));
    mkdirSync(path.join(folder, 'data', base), { recursive: true });
    for (const fault of [null, ...wanted]) {
      for (let copy = 1; copy <= copies; copy++) {
        const plan: SeriesPlan = { seed: seed + copy - 1, base, fault, rows, intervalMs };
        const series = labelledSeries(plan);
        const name = `${base}/${fault ?? 'no-fault'}-${copy}.csv`;
        writeFileSync(path.join(folder, 'data', name), csv(series));
        windows[name] = windowsOf(series);
      }
    }
  }
  mkdirSync(path.join(folder, 'labels'), { recursive: true });
  const labels = path.join(folder, 'labels', 'combined_windows.json');
  writeFileSync(labels, `${JSON.stringify(windows, null, 2)}\n`);
  return Object.keys(windows).length;
}

function csv({ timesMs, values }: LabelledSeries): string {
  const lines = values.map((value, row) => `${timestamp(timesMs[row]!)},${value}`);
  return `timestamp,value\n${lines.join('\n')}\n`;
}

function windowsOf({ label, timesMs }: LabelledSeries): [string, string][] {
  return label === null ? [] : [[timestamp(timesMs[label.first]!), timestamp(timesMs[label.last]!)]];
}

/** As NAB writes it, in UTC: `2026-01-01 00:05:00.000`. */
function timestamp(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(0, -1).replace('T', ' ');
}
