import type { Detector, DetectorKind, Verdict } from '../../detector';
import { History } from '../../tails/history';
import { countAlarm, keepBudget } from './budget';
import { describe } from './describe';
import { evidence } from './evidence';
import { AGREEMENT_STATISTICS, agreementReason } from './explain';
import {
  CELL,
  HISTORY_AT,
  HISTORY_READINGS,
  SEASON_AT,
  SEASON_BINS,
  TAIL,
  TAILS,
  WAITING_AT,
  WAITING_FLOATS,
} from './layout';
import { distanceLimit, evidenceLimit, forgotten } from './limits';
import { fadeModels, learnWaiting, surprise } from './models';
import { novelty } from './novelty';
import { around } from './range';
import { DAY_US, SETTINGS } from './settings';
import { KIND, readSnapshot, writeSnapshot } from './snapshot';
import { allocateState, type StatePlace, viewState } from './state-blocks';
import { describeStuck, keepRun, stuckness } from './stuck';

/** Keeps sums and single floats finite, whatever the values. */
const MAX_MAGNITUDE = 1e30;
const INTERVAL_STEP = 1 + 1 / 32;
/** Just short of an alarm: what only its rest keeps from being one. */
const MOST_UNREPORTED = 0.499;

/** Score of the first change of a constant series. */
const FIRST_CHANGE = 0.6;
/** What is only a step of the resolution, in units of what is an alarm. */
const ONE_STEP = 0.99;

/** Of the reading at hand: distances (NaN where they say nothing yet), their surprises, the short mean, how far beyond the range seen. */
const distances = new Float64Array(TAILS);
const surprises = new Float64Array(TAILS);
const now = { shortMean: 0.5, beyond: 0.5, far: 0.5, touched: 0.5 };

/** Serves every series in turn. */
const history = new History(HISTORY_READINGS);

/** See the README of this folder for what is computed and why. */
class Agreement implements Detector, StatePlace {
  readonly cells: Float64Array;
  readonly at: number;
  readonly floats: Float32Array;
  readonly first: number;
  private alarmsPerWeek = 1;

  constructor({ cells, at, floats, first }: StatePlace) {
    this.cells = cells;
    this.at = at;
    this.floats = floats;
    this.first = first;
  }

  observe(timeUs: number, value: number, verdict: Verdict): void {
    verdict.score = 0;
    verdict.ratio = 0;
    verdict.expectedMin = NaN;
    verdict.expectedMax = NaN;
    verdict.deviation = 0;
    verdict.cause = 'value';
    verdict.observed = value;
    // A comparison with NaN is false, so this also refuses NaN.
    if (!(value <= Number.MAX_VALUE && value >= -Number.MAX_VALUE)) return;
    const { cells, at } = this;
    const days = timeUs / DAY_US;
    const bin = Math.floor((days - Math.floor(days)) * SEASON_BINS);
    this.touch(bin);
    history.open(this.floats, this.first + HISTORY_AT);
    const isFirst = cells[at + CELL.readings] === 0;
    if (isFirst) cells[at + CELL.origin] = bounded(value);
    const x = Math.fround(bounded(value - cells[at + CELL.origin]!));
    if (isFirst || this.isAfterGap(timeUs) || this.isCounterReset(x)) this.begin(x);
    else {
      this.measure(x, bin);
      const ratio = this.judge(x, bin, verdict);
      const stuck = stuckness(this, x);
      const weight = this.followFault(ratio);
      this.learn(x, stuck >= 1 ? SETTINGS.faultWeight : weight);
      this.report(ratio, verdict);
      if (this.isFirstChange(x)) this.reportFirstChange(verdict);
      if (stuck >= 1) this.reportStuck(stuck, verdict);
      if (verdict.ratio >= 1) tellStrengths(verdict, stuck);
      cells[at + CELL.isStuck] = stuck >= 1 ? 1 : 0;
    }
    this.keep(timeUs, x, bin);
  }

  budget(alarmsPerWeek: number): void {
    this.alarmsPerWeek = alarmsPerWeek;
  }

  snapshot(): Uint8Array {
    const { cells, floats } = viewState(this);
    return writeSnapshot(cells, floats);
  }

  restore(bytes: Uint8Array): void {
    const { cells, floats } = viewState(this);
    floats.fill(0);
    readSnapshot(bytes, cells, floats);
  }

  /**
   * Reads a number from each line of memory that a reading needs, so that all are on their way at once. With thousands of series none is
   * near, and to wait for one after the other would take longer than all there is to compute.
   */
  private touch(bin: number): void {
    const { cells, at, floats, first } = this;
    const slot = cells[at + CELL.slot]! | 0;
    const other =
      slot < SETTINGS.levelReadings ? slot + SETTINGS.levelReadings : slot - SETTINGS.levelReadings;
    const row = first + WAITING_AT + (cells[at + CELL.waiting]! | 0) * WAITING_FLOATS;
    const inCells =
      cells[at + CELL.lowest]! + cells[at + CELL.evidenceFactor]! + cells[at + CELL.surprisingFrom]!;
    const inHistory = floats[first + HISTORY_AT + slot]! + floats[first + HISTORY_AT + other]!;
    now.touched = inCells + inHistory + floats[first + SEASON_AT + bin]! + floats[row]!;
  }

  private isAfterGap(timeUs: number): boolean {
    const usual = this.cells[this.at + CELL.usualInterval]!;
    return usual > 0 && timeUs - this.cells[this.at + CELL.lastTime]! > SETTINGS.gapIntervals * usual;
  }

  /** A series that has only ever risen and now falls back to something not negative is a counter that began anew. */
  private isCounterReset(x: number): boolean {
    const { cells, at } = this;
    return (
      x < cells[at + CELL.lastValue]! &&
      x + cells[at + CELL.origin]! >= 0 &&
      cells[at + CELL.falls] === 0 &&
      cells[at + CELL.rises]! >= SETTINGS.counterRises
    );
  }

  /** The recent past is unknown; what was learned of distances stays. */
  private begin(x: number): void {
    const { cells, at } = this;
    if (cells[at + CELL.readings] === 0) {
      cells[at + CELL.lowest] = cells[at + CELL.highest] = x;
      cells[at + CELL.evidenceFactor] = cells[at + CELL.distanceFactor] = 1;
      cells[at + CELL.limitFactor] = 1;
      const profile = this.first + SEASON_AT;
      this.floats.fill(NaN, profile, profile + SEASON_BINS);
      learnWaiting(this);
    }
    cells[at + CELL.run] = 0;
    cells[at + CELL.sinceBegin] = cells[at + CELL.slot] = 0;
    cells[at + CELL.levelSum] = cells[at + CELL.beforeSum] = 0;
    cells[at + CELL.slowMean] = cells[at + CELL.lastValue] = cells[at + CELL.usualLevel] = x;
    cells[at + CELL.faultReadings] = 0;
  }

  private measure(x: number, bin: number): void {
    const { cells, at } = this;
    const seen = cells[at + CELL.sinceBegin]!;
    const count = seen < SETTINGS.shortReadings ? seen : SETTINGS.shortReadings;
    const short = history.recentSum(cells[at + CELL.slot]! | 0, count) / count;
    const { levelReadings } = SETTINGS;
    distances[TAIL.residual] = Math.abs(x - short);
    distances[TAIL.shortMean] =
      seen > SETTINGS.slowWarmUp ? Math.abs(short - cells[at + CELL.slowMean]!) : NaN;
    distances[TAIL.level] =
      seen >= 2 * levelReadings
        ? Math.abs(cells[at + CELL.levelSum]! - cells[at + CELL.beforeSum]!) / levelReadings
        : NaN;
    distances[TAIL.season] = Math.abs(x - this.floats[this.first + SEASON_AT + bin]!);
    distances[TAIL.distance] = Math.abs(x - cells[at + CELL.usualLevel]!);
    now.shortMean = short;
    now.beyond = novelty(this, x);
  }

  /** The larger of both deviations in units of its limit: 1 is an alarm. */
  private judge(x: number, bin: number, verdict: Verdict): number {
    const { cells, at } = this;
    const agreed = this.agreed();
    const reach = distanceLimit(this);
    const far = reach > 0 ? distances[TAIL.distance]! / reach : 0;
    now.far = far;
    const ratio = agreed > far ? agreed : far;
    if (ratio >= 1 && this.isOneStep()) return ONE_STEP;
    if (ratio >= 1) describe(this, { x, bin, shortMean: now.shortMean, surprises }, verdict);
    const { evidenceFactor, distanceFactor } = CELL;
    if (cells[at + evidenceFactor]! > 1) {
      cells[at + evidenceFactor] = forgotten(cells[at + evidenceFactor]!, SETTINGS.evidence.forgetReadings);
    }
    if (cells[at + distanceFactor]! > 1) {
      cells[at + distanceFactor] = forgotten(cells[at + distanceFactor]!, SETTINGS.distance.forgetReadings);
    }
    if (ratio >= 1 && cells[at + CELL.rest] === 0) {
      if (agreed >= 1) cells[at + evidenceFactor]! *= 1 + SETTINGS.evidence.growth;
      if (far >= 1) cells[at + distanceFactor]! *= 1 + SETTINGS.distance.growth;
    }
    return ratio;
  }

  private isFirstChange(x: number): boolean {
    const { cells, at } = this;
    const lowest = cells[at + CELL.lowest]!;
    return (
      x !== lowest &&
      cells[at + CELL.highest] === lowest &&
      cells[at + CELL.readings]! >= SETTINGS.constantReadings
    );
  }

  /** An alarm, but not the beginning of a fault: what was constant does not say how the series will move from now on. */
  private reportFirstChange(verdict: Verdict): void {
    const { cells, at } = this;
    around(cells[at + CELL.lastValue]! + cells[at + CELL.origin]!, 0, verdict);
    verdict.deviation = Infinity;
    verdict.score = FIRST_CHANGE;
    verdict.ratio = FIRST_CHANGE / (1 - FIRST_CHANGE);
    cells[at + CELL.rest] = SETTINGS.restReadings;
  }

  /** A series that has changed by no more than its resolution, and has often done so. */
  private isOneStep(): boolean {
    const { cells, at } = this;
    const most = cells[at + CELL.resolution]! * (1 + 1e-6);
    return (
      distances[TAIL.distance]! <= most &&
      !(distances[TAIL.shortMean]! > most) &&
      cells[at + CELL.rises]! + cells[at + CELL.falls]! >= SETTINGS.steppedChanges
    );
  }

  /** The evidence in units of its limit. Most readings surprise nothing, and for these nothing more is computed. */
  private agreed(): number {
    let isSurprising = now.beyond > 0;
    for (let tail = 0; tail < TAIL.distance; tail++) {
      const found = surprise(this, tail, distances[tail]!);
      surprises[tail] = found;
      if (found > 0) isSurprising = true;
    }
    return isSurprising ? evidence(surprises, now.beyond) / evidenceLimit(this) : 0;
  }

  /** Keeps count of the fault that the series is in, if any. Returns the weight of this reading for what is learned. */
  private followFault(ratio: number): number {
    const { cells, at } = this;
    if (cells[at + CELL.faultReadings]! > 0) {
      cells[at + CELL.faultReadings]! += 1;
      if (ratio < SETTINGS.faultOverBelow) cells[at + CELL.faultReadings] = 0;
      else if (cells[at + CELL.faultReadings]! > SETTINGS.faultReadings) this.acceptNewNormal();
    } else if (ratio >= 1) {
      cells[at + CELL.faultReadings] = 1;
      cells[at + CELL.faultAlarms] = 0;
    }
    return cells[at + CELL.faultReadings]! > 0 ? SETTINGS.faultWeight : 1;
  }

  private acceptNewNormal(): void {
    this.cells[this.at + CELL.faultReadings] = 0;
    fadeModels(this, SETTINGS.newNormalShare);
  }

  private learn(x: number, weight: number): void {
    const { cells, at, floats } = this;
    const waiting = cells[at + CELL.waiting]! | 0;
    const row = this.first + WAITING_AT + waiting * WAITING_FLOATS;
    for (let tail = 0; tail < TAILS; tail++) floats[row + tail] = distances[tail]!;
    floats[row + TAILS] = weight;
    cells[at + CELL.waiting] = waiting + 1;
    if (waiting + 1 >= cells[at + CELL.waitingMost]!) {
      learnWaiting(this);
      keepBudget(this, waiting + 1, this.alarmsPerWeek);
    }
    const since = cells[at + CELL.sinceBegin]! + 1;
    const slow = since < SETTINGS.slowReadings ? since : SETTINGS.slowReadings;
    cells[at + CELL.slowMean]! += (weight / slow) * (x - cells[at + CELL.slowMean]!);
  }

  /** An alarm unless one was just raised. */
  private report(ratio: number, verdict: Verdict): void {
    const { cells, at } = this;
    const score = ratio / (1 + ratio);
    const rest = cells[at + CELL.rest]!;
    verdict.ratio = ratio;
    if (ratio >= 1 && rest === 0) {
      cells[at + CELL.rest] = Math.round(
        SETTINGS.restReadings * SETTINGS.restGrowth ** cells[at + CELL.faultAlarms]!,
      );
      cells[at + CELL.faultAlarms]! += 1;
      verdict.score = score;
      countAlarm(this);
      return;
    }
    verdict.score = score < MOST_UNREPORTED ? score : MOST_UNREPORTED;
    if (rest > 0) cells[at + CELL.rest] = rest - 1;
  }

  /** One alarm, with the reading that makes a run too long. */
  private reportStuck(stuck: number, verdict: Verdict): void {
    describeStuck(this, verdict);
    verdict.ratio = stuck;
    verdict.score = this.cells[this.at + CELL.isStuck] === 1 ? MOST_UNREPORTED : stuck / (1 + stuck);
  }

  /** Takes the reading in, after it was judged. */
  private keep(timeUs: number, x: number, bin: number): void {
    const { cells, at, floats } = this;
    const seen = cells[at + CELL.sinceBegin]!;
    const last = cells[at + CELL.lastValue]!;
    keepRun(this, x);
    if (x > last) cells[at + CELL.rises]! += 1;
    else if (x < last) cells[at + CELL.falls]! += 1;
    if (x < cells[at + CELL.lowest]!) cells[at + CELL.lowest] = x;
    if (x > cells[at + CELL.highest]!) cells[at + CELL.highest] = x;
    const slot = cells[at + CELL.slot]! | 0;
    this.keepLevels(x, slot);
    this.keepUsualLevel(x);
    history.put(slot, x);
    cells[at + CELL.slot] = slot + 1 === HISTORY_READINGS ? 0 : slot + 1;
    const season = this.first + SEASON_AT + bin;
    const profile = floats[season]!;
    const rate = SETTINGS.seasonRate * (cells[at + CELL.faultReadings]! > 0 ? SETTINGS.faultWeight : 1);
    floats[season] = Number.isNaN(profile) ? x : profile + rate * (x - profile);
    if (cells[at + CELL.readings] === 0) cells[at + CELL.firstTime] = timeUs;
    else this.keepInterval(timeUs - cells[at + CELL.lastTime]!);
    cells[at + CELL.lastValue] = x;
    cells[at + CELL.lastTime] = timeUs;
    cells[at + CELL.sinceBegin] = seen + 1;
    cells[at + CELL.readings]! += 1;
  }

  /** Sums of the last 48 values and of the 48 before; made anew once in a round of the history, so that no rounding stays. */
  private keepLevels(x: number, slot: number): void {
    const { cells, at } = this;
    const { levelReadings } = SETTINGS;
    const held = cells[at + CELL.sinceBegin]!;
    if (held >= HISTORY_READINGS && slot === 0) {
      const last = history.recentSum(slot, levelReadings - 1);
      cells[at + CELL.levelSum] = last + x;
      cells[at + CELL.beforeSum] = history.recentSum(slot, 2 * levelReadings - 1) - last;
      return;
    }
    cells[at + CELL.levelSum]! += x;
    if (held >= levelReadings) {
      const passing = history.ago(slot, levelReadings);
      cells[at + CELL.levelSum]! -= passing;
      cells[at + CELL.beforeSum]! += passing;
    }
    if (held >= 2 * levelReadings) cells[at + CELL.beforeSum]! -= history.ago(slot, 2 * levelReadings);
  }

  /** Near a running median: it moves by bounded steps, in units of the usual distance from it. */
  private keepUsualLevel(x: number): void {
    const { cells, at } = this;
    const { young, rate, step } = SETTINGS.usualLevel;
    const away = x - cells[at + CELL.usualLevel]!;
    const since = cells[at + CELL.sinceBegin]!;
    const most = step * cells[at + CELL.middleDistance]!;
    const isYoung = since < young || most === 0;
    cells[at + CELL.usualLevel]! += isYoung
      ? away / Math.min(since + 1, young)
      : Math.max(-most, Math.min(most, rate * away));
  }

  private keepInterval(elapsedUs: number): void {
    const { cells, at } = this;
    const usual = cells[at + CELL.usualInterval]!;
    if (usual === 0) cells[at + CELL.usualInterval] = elapsedUs;
    else cells[at + CELL.usualInterval] = elapsedUs > usual ? usual * INTERVAL_STEP : usual / INTERVAL_STEP;
  }
}

/** In the order of the kind's statistics. */
function tellStrengths({ strengths }: Verdict, stuck: number): void {
  for (let tail = 0; tail < TAIL.distance; tail++) strengths[tail] = surprises[tail]!;
  strengths[TAIL.distance] = now.far;
  strengths[TAILS] = now.beyond;
  strengths[TAILS + 1] = stuck;
}

function bounded(x: number): number {
  return Math.max(-MAX_MAGNITUDE, Math.min(MAX_MAGNITUDE, x));
}

/** Several statistics of a series that have to agree, each by its tail probability. */
export const agreement: DetectorKind = {
  name: KIND,
  create: () => new Agreement(allocateState()),
  restore(bytes) {
    const detector = new Agreement(allocateState());
    detector.restore(bytes);
    return detector;
  },
  statistics: AGREEMENT_STATISTICS,
  reason: agreementReason,
};
