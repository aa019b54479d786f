import { normal } from '../hash';
import type { BaseKind } from './base';

export const SERIES_FAULTS = [
  'spike',
  'dip',
  'drift',
  'level-shift',
  'stuck',
  'noise-burst',
  'gap',
  'seasonal-change',
  'unit-thousand',
  'unit-fahrenheit',
  'clock-jump',
] as const;
export type SeriesFault = (typeof SERIES_FAULTS)[number];

/** Rows of each fault; one that lasts may be given another number. */
export const FAULT_ROWS: Readonly<Record<SeriesFault, number>> = {
  spike: 2,
  dip: 24,
  drift: 288,
  'level-shift': 144,
  stuck: 288,
  'noise-burst': 48,
  gap: 144,
  'seasonal-change': 288,
  'unit-thousand': 144,
  'unit-fahrenheit': 144,
  'clock-jump': 1,
};

/** Readings are missing, or a clock is set: nothing is wrong with the values, and nothing is labelled. */
const HARMLESS: readonly SeriesFault[] = ['gap', 'clock-jump'];

export const isHarmless = (fault: SeriesFault): boolean => HARMLESS.includes(fault);

/** Whether the fault shows in such a series: a constant can't get stuck, and without a season none changes. */
export function appliesTo(fault: SeriesFault, base: BaseKind): boolean {
  if (fault === 'seasonal-change') return base === 'seasonal' || base === 'quantised';
  return !(fault === 'stuck' && base === 'constant');
}

/** Sizes in units of the base's scale. */
const SIZE = { spike: 15, dip: 10, drift: 20, shift: 12, noise: 6 } as const;

export interface FaultyRow {
  readonly seed: number;
  readonly row: number;
  /** Rows since the fault began, and of the whole fault. */
  readonly since: number;
  readonly rows: number;
  readonly scale: number;
  /** Last value before the fault. */
  readonly before: number;
}

/** What a sensor with the fault shows instead of `value`. Faults of time and season are not told by the value. */
export function faultyValue(fault: SeriesFault, value: number, at: FaultyRow): number {
  const { scale, since, rows } = at;
  switch (fault) {
    case 'spike':
      return value + SIZE.spike * scale;
    case 'dip':
      return value - SIZE.dip * scale;
    case 'drift':
      return value + (SIZE.drift * scale * (since + 1)) / rows;
    case 'level-shift':
      return value + SIZE.shift * scale;
    case 'stuck':
      return at.before;
    case 'noise-burst':
      return value + SIZE.noise * scale * normal(at.seed, at.row, 41);
    case 'unit-thousand':
      return value * 1_000;
    case 'unit-fahrenheit':
      return value * 1.8 + 32;
    case 'gap':
    case 'seasonal-change':
    case 'clock-jump':
      return value;
  }
}
