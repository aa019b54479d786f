import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import type { LabelledSeries } from './data/dataset';

/**
 * Writes `<folder>/<detector>/<category>/<detector>_<file>.csv` as NAB's own scorer reads it: timestamp, value, anomaly_score, and label
 * (1 inside a labelled window).
 */
export function writeResults(
  folder: string,
  detector: string,
  series: LabelledSeries,
  scores: Float64Array,
): void {
  const file = path.join(folder, detector, series.category, `${detector}_${path.basename(series.name)}`);
  mkdirSync(path.dirname(file), { recursive: true });
  const rows = series.timestamps.map((timestamp, row) => {
    const inside = series.windows.some(({ first, last }) => row >= first && row <= last);
    return `${timestamp},${series.values[row]!},${scores[row]!},${inside ? 1 : 0}`;
  });
  writeFileSync(file, `timestamp,value,anomaly_score,label\n${rows.join('\n')}\n`);
}
