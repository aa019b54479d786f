import { hash } from '../hash';
import { type BaseKind, baseValues, SCALE } from './base';
import { FAULT_ROWS, faultyValue, isHarmless, type SeriesFault } from './fault-effects';

export interface SeriesPlan {
  readonly seed: number;
  readonly base: BaseKind;
  /** Null: nothing is wrong. */
  readonly fault: SeriesFault | null;
  /** Rows before the gap is cut out. Default 4,032: two weeks. */
  readonly rows?: number;
  /** Default 300,000: five minutes. */
  readonly intervalMs?: number;
  /** How many rows the fault takes. Default: `FAULT_ROWS`. `Infinity`: to the end, as a new normal. */
  readonly faultRows?: number;
  /** Where the fault begins. Default: at a row between 60 and 80 % that the seed decides. */
  readonly faultFirstRow?: number;
}

/** Rows, both included. */
export interface RowRange {
  readonly first: number;
  readonly last: number;
}

export interface LabelledSeries {
  /** Milliseconds since the epoch, rising. */
  readonly timesMs: readonly number[];
  readonly values: readonly number[];
  /** The first row with the fault or behind it, and the last; null without one. */
  readonly fault: RowRange | null;
  /** What a detector should find; null where it should find nothing. What lasts is labelled for a day: after that it is the new normal. */
  readonly label: RowRange | null;
}

const START_MS = Date.UTC(2026, 0, 1);
const DAY_MS = 86_400_000;
const CLOCK_JUMP_MS = 3_600_000;
const DECIMALS = 6;

/** A series with at most one fault, and where it is. Pure: the same plan gives the same series on every machine. */
export function labelledSeries(plan: SeriesPlan): LabelledSeries {
  const { seed, base, fault, rows = 4_032, intervalMs = 300_000 } = plan;
  const first = plan.faultFirstRow ?? Math.floor(rows * (0.6 + (0.2 * (hash(seed, 51) % 1_000)) / 1_000));
  const length = fault === null ? 0 : Math.min(plan.faultRows ?? FAULT_ROWS[fault], rows - first);
  const isFaulty = (row: number): boolean => row >= first && row < first + length;
  const values = baseValues({
    ...{ kind: base, seed, rows },
    timeMs: (row) => START_MS + row * intervalMs,
    seasonShiftMs: (row) => (fault === 'seasonal-change' && isFaulty(row) ? DAY_MS / 2 : 0),
  });
  const jumpMs = (row: number): number => (fault === 'clock-jump' && row >= first ? CLOCK_JUMP_MS : 0);
  const scale = SCALE[base];
  const kept: { timesMs: number[]; values: number[] } = { timesMs: [], values: [] };
  for (let row = 0; row < rows; row++) {
    let value = values[row]!;
    if (fault !== null && isFaulty(row)) {
      if (fault === 'gap') continue;
      const before = values[first - 1] ?? value;
      value = faultyValue(fault, value, { seed, row, since: row - first, rows: length, scale, before });
    }
    kept.timesMs.push(START_MS + row * intervalMs + jumpMs(row));
    kept.values.push(Number(value.toFixed(DECIMALS)));
  }
  if (fault === null) return { ...kept, fault: null, label: null };
  const range = { first, last: fault === 'gap' ? first : first + length - 1 };
  const aDay = Math.max(1, Math.round(DAY_MS / intervalMs));
  const label = isHarmless(fault) ? null : { first, last: Math.min(range.last, first + aDay - 1) };
  return { ...kept, fault: range, label };
}
