import type { DetectionLimits } from '@tidewatch/contracts';
import type { Verdict } from '../detector';
import type { LimitName } from './judges';
import type { Run } from './run';

/** A static limit: its numbers, and how a reading is seen by it. */
export interface Gauge {
  /** All that it depends on: a run belongs to these and to no others. */
  readonly numbers: readonly number[];
  /** How long a run is waited for before it is told. */
  readonly forUs: number;
  /**
   * Whether the reading is beyond the limit, or not back behind it yet; then the verdict says how far (`ratio`, `observed` and the values that would
   * have been in range, `cause`). `run` is as it was after the reading before.
   */
  measure(timeUs: number, value: number, run: Run, verdict: Verdict): boolean;
}

/** Of a limit that is no more: nothing is beyond it. */
export const NO_LIMIT: Gauge = { numbers: [], forUs: 0, measure: () => false };

/** The limits that are set, by their names. */
export function gaugesOf({ min, max, rate, stuck }: DetectionLimits): [LimitName, Gauge][] {
  const band: Band = { min: min?.value ?? -Infinity, max: max?.value ?? Infinity };
  const gauges: [LimitName, Gauge][] = [];
  if (min) gauges.push(['min', boundGauge(min, band, -1)]);
  if (max) gauges.push(['max', boundGauge(max, band, 1)]);
  if (rate) gauges.push(['rate', rateGauge(rate)]);
  if (stuck) gauges.push(['stuck', stuckGauge(stuck, band)]);
  return gauges;
}

interface Band {
  readonly min: number;
  readonly max: number;
}

/** `side` is 1 for a limit from above, -1 for one from below. */
function boundGauge(
  { value: limit, hysteresis = 0, forSeconds = 0 }: NonNullable<DetectionLimits['max']>,
  band: Band,
  side: 1 | -1,
): Gauge {
  const scale = scaleOf(limit, hysteresis, band);
  const forUs = forSeconds * 1e6;
  return {
    numbers: [limit, hysteresis, forUs, scale],
    forUs,
    measure(_timeUs, value, run, verdict) {
      const excess = side * (value - limit);
      if (!isBeyond(excess, hysteresis, run)) return false;
      verdict.ratio = 1 + Math.max(0, excess) / scale;
      verdict.cause = side === 1 ? 'above' : 'below';
      verdict.observed = value;
      verdict.expectedMin = band.min;
      verdict.expectedMax = band.max;
      return true;
    },
  };
}

/** What a deviation is counted in: half of the range where there are both limits, else the limit itself. */
function scaleOf(limit: number, hysteresis: number, { min, max }: Band): number {
  const half = max / 2 - min / 2;
  if (half > 0 && half < Infinity) return half;
  return Math.abs(limit) || hysteresis || 1;
}

function rateGauge({
  maxPerSecond,
  hysteresis = 0,
  forSeconds = 0,
}: NonNullable<DetectionLimits['rate']>): Gauge {
  const forUs = forSeconds * 1e6;
  return {
    numbers: [maxPerSecond, hysteresis, forUs],
    forUs,
    measure(timeUs, value, run, verdict) {
      const seconds = (timeUs - run.lastUs) / 1e6;
      const rate = (value - run.lastValue) / seconds;
      if (!isBeyond(Math.abs(rate) - maxPerSecond, hysteresis, run)) return false;
      verdict.ratio = Math.max(1, Math.abs(rate) / maxPerSecond);
      verdict.cause = 'rate';
      verdict.observed = rate;
      verdict.expectedMin = run.lastValue - maxPerSecond * seconds;
      verdict.expectedMax = run.lastValue + maxPerSecond * seconds;
      return true;
    },
  };
}

/** Every reading is part of a run, which begins anew with each change; how long it has lasted is the deviation. */
function stuckGauge(
  { forSeconds, hysteresis = 0 }: NonNullable<DetectionLimits['stuck']>,
  band: Band,
): Gauge {
  const mostUs = forSeconds * 1e6;
  return {
    numbers: [hysteresis, mostUs],
    forUs: mostUs,
    measure(timeUs, value, run, verdict) {
      if (Math.abs(value - run.firstValue) > hysteresis) run.end();
      const lasted = run.readings > 0 ? timeUs - run.beganUs : 0;
      verdict.ratio = lasted / mostUs;
      verdict.cause = 'no-change';
      verdict.observed = lasted / 1e6;
      verdict.expectedMin = band.min;
      verdict.expectedMax = band.max;
      return true;
    },
  };
}

function isBeyond(excess: number, hysteresis: number, run: Run): boolean {
  return excess > 0 || (run.readings > 0 && excess > -hysteresis);
}
