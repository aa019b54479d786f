import type { LabelledSeries } from '../data/dataset';
import { probationRows } from './nab-score';

/** Alarms at most this many rows apart are one event. */
const SAME_EVENT_ROWS = 10;
/** An alarm this many rows behind a window still belongs to it. */
const LATE_ROWS = 20;

/** What the alarms of one series, or of several added up, amount to. */
export interface EventCounts {
  /** Events that overlap a window, and those that don't. */
  trueEvents: number;
  falseEvents: number;
  /** Windows that an event meets, and all windows behind the probation. */
  metWindows: number;
  windows: number;
  /** Rows behind the probation, and those of them in alarm outside every window. */
  rows: number;
  falseAlarmRows: number;
  /** For each window met: time from its beginning to the first alarm in it, microseconds. */
  delaysUs: number[];
}

export interface EventFigures {
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly falseAlarmsPer10k: number;
  /** Share of all rows which are in alarm outside windows. */
  readonly falseAlarmShare: number;
  readonly medianDelayUs: number;
}

/** Holds the runs of scores from `threshold` on against the labelled windows. */
export function countEvents(series: LabelledSeries, scores: Float64Array, threshold: number): EventCounts {
  const from = probationRows(scores.length);
  const windows = series.windows
    .map(({ first, last }) => ({ first, last, lateUntil: last + LATE_ROWS, metAt: -1 }))
    .filter(({ lateUntil }) => lateUntil >= from);
  const counts = newCounts();
  counts.rows = scores.length - from;
  counts.windows = windows.length;
  const events: { first: number; last: number }[] = [];
  for (let row = from; row < scores.length; row++) {
    if (!(scores[row]! >= threshold)) continue;
    const inside = windows.find(({ first, lateUntil }) => row >= first && row <= lateUntil);
    if (inside?.metAt === -1) inside.metAt = row;
    if (!windows.some(({ first, last }) => row >= first && row <= last)) counts.falseAlarmRows += 1;
    const event = events.at(-1);
    if (event && row - event.last <= SAME_EVENT_ROWS) event.last = row;
    else events.push({ first: row, last: row });
  }
  for (const event of events) {
    const met = windows.filter(({ first, lateUntil }) => event.first <= lateUntil && event.last >= first);
    for (const window of met) if (window.metAt < 0) window.metAt = Math.max(event.first, window.first);
    if (met.length > 0) counts.trueEvents += 1;
    else counts.falseEvents += 1;
  }
  for (const { first, metAt } of windows) {
    if (metAt < 0) continue;
    counts.metWindows += 1;
    counts.delaysUs.push(series.timesUs[metAt]! - series.timesUs[first]!);
  }
  return counts;
}

export function addCounts(all: readonly EventCounts[]): EventCounts {
  const total = newCounts();
  for (const counts of all) {
    total.trueEvents += counts.trueEvents;
    total.falseEvents += counts.falseEvents;
    total.metWindows += counts.metWindows;
    total.windows += counts.windows;
    total.rows += counts.rows;
    total.falseAlarmRows += counts.falseAlarmRows;
    total.delaysUs.push(...counts.delaysUs);
  }
  return total;
}

/** NaN where there is nothing to divide by: no event, no window. */
export function eventFigures(counts: EventCounts): EventFigures {
  const precision = counts.trueEvents / (counts.trueEvents + counts.falseEvents);
  const recall = counts.metWindows / counts.windows;
  const f1 = precision + recall > 0 ? (2 * precision * recall) / (precision + recall) : 0;
  const delays = Float64Array.from(counts.delaysUs).sort();
  return {
    precision,
    recall,
    f1,
    falseAlarmsPer10k: (counts.falseEvents / counts.rows) * 10_000,
    falseAlarmShare: counts.falseAlarmRows / counts.rows,
    medianDelayUs: delays[Math.floor((delays.length - 1) / 2)] ?? NaN,
  };
}

function newCounts(): EventCounts {
  return {
    trueEvents: 0,
    falseEvents: 0,
    metWindows: 0,
    windows: 0,
    rows: 0,
    falseAlarmRows: 0,
    delaysUs: [],
  };
}
