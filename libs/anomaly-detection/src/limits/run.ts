import type { Verdict } from '../detector';
import { isSilence, type Stretch } from '../episodes/episode';

/** Numbers of a run in the order in which they are stored. */
const STORED = ['lastUs', 'lastValue', 'beganUs', 'firstValue', 'readings', 'longestIntervalUs'] as const;
const STORED_OF_PEAK = ['timeUs', 'value', 'ratio', 'observed', 'expectedMin', 'expectedMax'] as const;
export const RUN_NUMBERS = STORED.length + STORED_OF_PEAK.length;

/** The last reading of a series, and the readings on end up to it that are beyond a limit, if any are. */
export class Run implements Stretch {
  /** -Infinity where there was no reading yet. */
  lastUs = -Infinity;
  lastValue = 0;
  beganUs = 0;
  firstValue = 0;
  /** 0 while no run goes on. */
  readings = 0;
  longestIntervalUs = 0;
  readonly peak = { timeUs: 0, value: 0, ratio: 0, observed: 0, expectedMin: 0, expectedMax: 0 };

  /** A silence before the next reading ends the run: nobody knows what was in it. */
  endIfSilent(timeUs: number, silenceUs: number): void {
    if (this.readings > 0 && isSilence(timeUs - this.lastUs, silenceUs, this.longestIntervalUs)) this.end();
  }

  end(): void {
    this.readings = 0;
  }

  /** The next reading goes on with the run, or begins one. Then it has to be kept. */
  extend(timeUs: number, value: number, verdict: Readonly<Verdict>): void {
    const interval = this.lastUs === -Infinity ? 0 : timeUs - this.lastUs;
    const { peak } = this;
    if (this.readings === 0) {
      this.beganUs = timeUs;
      this.firstValue = value;
      this.longestIntervalUs = interval;
      peak.ratio = -1;
    } else if (interval > this.longestIntervalUs) this.longestIntervalUs = interval;
    this.readings += 1;
    if (verdict.ratio <= peak.ratio) return;
    peak.timeUs = timeUs;
    peak.value = value;
    peak.ratio = verdict.ratio;
    peak.observed = verdict.observed;
    peak.expectedMin = verdict.expectedMin;
    peak.expectedMax = verdict.expectedMax;
  }

  keep(timeUs: number, value: number): void {
    this.lastUs = timeUs;
    this.lastValue = value;
  }

  /** `RUN_NUMBERS` of them. */
  numbers(): number[] {
    return [...STORED.map((name) => this[name]), ...STORED_OF_PEAK.map((name) => this.peak[name])];
  }

  /** Those of another run. */
  take(numbers: readonly number[]): void {
    STORED.forEach((name, i) => (this[name] = numbers[i]!));
    STORED_OF_PEAK.forEach((name, i) => (this.peak[name] = numbers[STORED.length + i]!));
  }
}
