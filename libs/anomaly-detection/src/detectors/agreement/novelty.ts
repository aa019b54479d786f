import { CELL } from './layout';
import { SETTINGS } from './settings';
import type { SeriesState } from './state-blocks';

/** How far beyond everything seen, as a share of the range seen. */
export function novelty({ cells, cellsAt: at }: SeriesState, x: number): number {
  const lowest = cells[at + CELL.lowest]!;
  const highest = cells[at + CELL.highest]!;
  if (x >= lowest && x <= highest) return 0;
  if (cells[at + CELL.readings]! < SETTINGS.rangeWarmUp) return 0;
  const range = highest - lowest;
  return range > 0 ? Math.max(x - highest, lowest - x) / range : 1;
}
