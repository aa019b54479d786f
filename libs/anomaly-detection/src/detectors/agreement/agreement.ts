import type { Detector, DetectorKind, Verdict } from '../../detector';
import { countAlarm, keepBudget, readingsPerAlarm, WEEK_US } from './budget';
import { describe } from './describe';
import { evidence } from './evidence';
import { AGREEMENT_STATISTICS, agreementReason } from './explain';
import { keep } from './keep';
import { clearLastValues } from './last-values';
import { CELL, COLD, SEASON_BINS, TAIL, TAILS, WAITING_AT, WAITING_FLOATS } from './layout';
import { distanceLimit, evidenceLimit, forgetAlarms, habituate, setReach } from './limits';
import { fadeModels, learnWaiting, surprise } from './models';
import { novelty } from './novelty';
import { now, STEP } from './now';
import { around } from './range';
import { clearSeason, usualAt } from './season';
import { DAY_US, SETTINGS } from './settings';
import { KIND, readSnapshot, writeSnapshot } from './snapshot';
import { SeriesState } from './state-blocks';
import { describeStuck, stuckness, wasStuck } from './stuck';

// Each use of an import is a look-up in CommonJS; these are used many times a reading.
const [cell, settings, step, tail] = [CELL, SETTINGS, STEP, TAIL];

/** Keeps sums and single floats finite, whatever the values. */
const MAX_MAGNITUDE = 1e30;
/** Just short of an alarm: what only its rest keeps from being one. */
const MOST_UNREPORTED = 0.499;

/** Score of the first change of a constant series. */
const FIRST_CHANGE = 0.6;
/** What is only a step of the resolution, in units of what is an alarm. */
const ONE_STEP = 0.99;

/** Of the reading at hand, by TAIL: -log10 of the tail probabilities. */
const surprises = new Float64Array(TAIL.distance);

/** See the README of this folder for what is computed and why. */
class Agreement extends SeriesState implements Detector {
  /** The time in which one alarm is accepted. */
  private usPerAlarm = WEEK_US;

  judge(timeUs: number, value: number, verdict: Verdict): void {
    clear(verdict, value);
    now.step = step.nothing;
    // A comparison with NaN is false, so this also refuses NaN.
    if (!(value <= Number.MAX_VALUE && value >= -Number.MAX_VALUE)) return;
    const { cells, cellsAt: at } = this;
    const days = timeUs / DAY_US;
    now.timeUs = timeUs;
    now.bin = Math.floor((days - Math.floor(days)) * SEASON_BINS);
    const isFirst = cells[at + cell.readings] === 0;
    const origin = isFirst ? bounded(value) : cells[at + cell.origin]!;
    now.origin = origin;
    const x = Math.fround(bounded(value - origin));
    now.x = x;
    now.step = isFirst ? step.first : step.again;
    if (isFirst || this.isAfterGap(timeUs) || this.isCounterReset(x)) return;
    now.step = step.judged;
    const stuck = x === cells[at + cell.lastValue] ? stuckness(this) : 0;
    now.stuck = stuck;
    this.weigh(verdict);
    const { ratio } = now;
    this.report(ratio, verdict);
    now.isFirstChange = x !== cells[at + cell.lowest] && this.hasNeverChanged();
    if (now.isFirstChange) this.reportFirstChange(verdict);
    if (stuck >= 1) this.reportStuck(stuck, verdict);
    if (verdict.ratio >= 1) tellStrengths(verdict, stuck);
  }

  learn(): void {
    if (now.step === step.nothing) return;
    if (now.step === step.judged) {
      if (now.isReport) habituate(this, now.agreed >= 1, now.far >= 1);
      const weight = this.followFault(now.ratio);
      this.learnDistances(now.x, now.stuck >= 1 ? this.faultWeight() : weight);
      this.rest();
    } else this.begin(now.step === step.first);
    keep(this);
  }

  budget(alarmsPerWeek: number): void {
    this.usPerAlarm = WEEK_US / alarmsPerWeek;
  }

  snapshot(): Uint8Array {
    return writeSnapshot(this);
  }

  restore(bytes: Uint8Array): void {
    readSnapshot(bytes, this);
  }

  private isAfterGap(timeUs: number): boolean {
    const usual = this.cells[this.cellsAt + cell.usualInterval]!;
    return usual > 0 && timeUs - this.cells[this.cellsAt + cell.lastTime]! > settings.gapIntervals * usual;
  }

  /** A series that has only ever risen and now falls back to something not negative is a counter that began anew. */
  private isCounterReset(x: number): boolean {
    const { cells, cellsAt: at } = this;
    return (
      cells[at + cell.falls] === 0 &&
      x < cells[at + cell.lastValue]! &&
      x + cells[at + cell.origin]! >= 0 &&
      cells[at + cell.rises]! >= settings.counterRises
    );
  }

  /** The recent past is unknown; what was learned of distances stays. */
  private begin(isFirst: boolean): void {
    const { cells, cellsAt: at, coldAt } = this;
    const { x } = now;
    if (isFirst) {
      cells[at + CELL.origin] = now.origin;
      cells[at + CELL.lowest] = cells[at + CELL.highest] = x;
      cells[coldAt + COLD.evidenceFactor] = cells[coldAt + COLD.distanceFactor] = 1;
      cells[coldAt + COLD.limitFactor] = 1;
      clearSeason(this);
      learnWaiting(this);
    }
    cells[at + CELL.run] = 0;
    cells[at + CELL.sinceBegin] = 0;
    clearLastValues(this);
    cells[at + CELL.slowMean] = cells[at + CELL.lastValue] = cells[at + CELL.usualLevel] = x;
    cells[at + CELL.faultReadings] = 0;
  }

  /** The larger of both deviations in units of its limit: 1 is an alarm. The distances of the reading wait to be learned, if it is. */
  private weigh(verdict: Verdict): void {
    const { cells, cellsAt: at, floats, floatsAt } = this;
    const { x, bin } = now;
    const seen = cells[at + cell.sinceBegin]!;
    const { shortReadings, slowWarmUp } = settings;
    const short = cells[at + cell.shortSum]! / (seen < shortReadings ? seen : shortReadings);
    const residual = Math.abs(x - short);
    const moved = seen > slowWarmUp ? Math.abs(short - cells[at + cell.slowMean]!) : NaN;
    const season = Math.abs(x - usualAt(this, bin));
    const distance = Math.abs(x - cells[at + cell.usualLevel]!);
    const row = floatsAt + WAITING_AT + this.waiting * WAITING_FLOATS;
    floats[row + tail.residual] = residual;
    floats[row + tail.shortMean] = moved;
    floats[row + tail.season] = season;
    floats[row + tail.distance] = distance;
    now.shortMean = short;
    now.beyond = x < cells[at + cell.lowest]! || x > cells[at + cell.highest]! ? novelty(this, x) : 0;
    const reach = distanceLimit(this);
    const far = reach > 0 ? distance / reach : 0;
    now.far = far;
    const agreed = this.agreed(residual, moved, season);
    now.agreed = agreed;
    const ratio = agreed > far ? agreed : far;
    now.ratio = ratio;
    if (ratio < 1) return;
    if (this.isOneStep(distance, moved)) now.ratio = ONE_STEP;
    else describe(this, { x, bin, shortMean: short, surprises }, verdict);
  }

  /**
   * The evidence in units of its limit. For most readings it is not computed, but taken for 0: nothing surprises. While a fault lasts it always is, to see when it
   * is over.
   */
  private agreed(residual: number, moved: number, season: number): number {
    const { cells, cellsAt: at } = this;
    const from = at + cell.surprisingFrom;
    const isSurprise =
      residual > cells[from + tail.residual]! ||
      moved > cells[from + tail.shortMean]! ||
      season > cells[from + tail.season]!;
    if (!isSurprise && this.isQuiet()) return 0;
    surprises[tail.residual] = surprise(this, tail.residual, residual);
    surprises[tail.shortMean] = surprise(this, tail.shortMean, moved);
    surprises[tail.season] = surprise(this, tail.season, season);
    return evidence(surprises, now.beyond, this.cells[this.coldAt + COLD.rarityAtAge]!) / evidenceLimit(this);
  }

  /** Nothing else speaks for an alarm, so nobody asks how strong each statistic is. */
  private isQuiet(): boolean {
    return (
      now.beyond === 0 && now.far < 1 && now.stuck < 1 && this.cells[this.cellsAt + cell.faultReadings] === 0
    );
  }

  private hasNeverChanged(): boolean {
    const { cells, cellsAt: at } = this;
    if (cells[at + cell.highest] !== cells[at + cell.lowest]) return false;
    const rarer = readingsPerAlarm(this, this.usPerAlarm) / SETTINGS.budget.readings;
    return cells[at + cell.readings]! >= SETTINGS.constantReadings * rarer;
  }

  /** An alarm, but not the beginning of a fault: what was constant does not say how the series will move from now on. */
  private reportFirstChange(verdict: Verdict): void {
    const { cells, cellsAt: at } = this;
    around(cells[at + CELL.lastValue]! + cells[at + CELL.origin]!, 0, verdict);
    verdict.deviation = Infinity;
    verdict.score = FIRST_CHANGE;
    verdict.ratio = FIRST_CHANGE / (1 - FIRST_CHANGE);
  }

  /** A series that has changed by no more than its resolution, and has often done so. */
  private isOneStep(distance: number, moved: number): boolean {
    const { cells, cellsAt: at } = this;
    const most = cells[at + CELL.resolution]! * (1 + 1e-6);
    return (
      distance <= most &&
      !(moved > most) &&
      cells[at + CELL.rises]! + cells[at + CELL.falls]! >= SETTINGS.steppedChanges
    );
  }

  /** Keeps count of the fault that the series is in, if any. Returns the weight of this reading for what is learned. */
  private followFault(ratio: number): number {
    const { cells, cellsAt: at, coldAt } = this;
    if (cells[at + cell.faultReadings]! > 0) {
      cells[at + cell.faultReadings]! += 1;
      if (ratio < settings.faultOverBelow) cells[at + cell.faultReadings] = 0;
      else if (cells[at + cell.faultReadings]! > this.longestFault()) this.acceptNewNormal();
    } else if (ratio >= 1) {
      cells[at + cell.faultReadings] = 1;
      cells[coldAt + COLD.faultAlarms] = 0;
    }
    return cells[at + cell.faultReadings]! > 0 ? this.faultWeight() : 1;
  }

  private faultWeight(): number {
    const { faultWeight, rarerFault } = SETTINGS;
    return faultWeight * 10 ** (-rarerFault.weight * this.cells[this.coldAt + COLD.rarity]!);
  }

  /** In readings. */
  private longestFault(): number {
    const { faultReadings, rarerFault } = SETTINGS;
    return faultReadings * 10 ** (rarerFault.readings * this.cells[this.coldAt + COLD.rarity]!);
  }

  private acceptNewNormal(): void {
    this.cells[this.cellsAt + CELL.faultReadings] = 0;
    fadeModels(this, SETTINGS.newNormalShare);
    setReach(this);
  }

  /** They wait already. */
  private learnDistances(x: number, weight: number): void {
    const { cells, cellsAt: at } = this;
    this.floats[this.floatsAt + WAITING_AT + this.waiting * WAITING_FLOATS + TAILS] = weight;
    this.waiting += 1;
    if (this.waiting >= this.waitingMost) this.learnBatch(this.waiting);
    const since = cells[at + cell.sinceBegin]! + 1;
    const slow = since < settings.slowReadings ? since : settings.slowReadings;
    cells[at + cell.slowMean]! += (weight / slow) * (x - cells[at + cell.slowMean]!);
  }

  private learnBatch(readings: number): void {
    learnWaiting(this);
    keepBudget(this, readings, this.usPerAlarm);
    forgetAlarms(this, readings);
    setReach(this);
  }

  /** An alarm unless one was just raised. */
  private report(ratio: number, verdict: Verdict): void {
    const score = ratio / (1 + ratio);
    now.isReport = ratio >= 1 && this.cells[this.cellsAt + cell.rest] === 0;
    verdict.ratio = ratio;
    verdict.score = now.isReport || score < MOST_UNREPORTED ? score : MOST_UNREPORTED;
  }

  /** A rest begins after an alarm, or goes on. */
  private rest(): void {
    const { cells, cellsAt: at } = this;
    if (now.isReport) this.restAgain();
    else if (cells[at + cell.rest]! > 0) cells[at + cell.rest]! -= 1;
    if (now.isFirstChange) cells[at + cell.rest] = settings.restReadings;
  }

  /** The more often a fault was reported, the longer. */
  private restAgain(): void {
    const { cells, cellsAt: at, coldAt } = this;
    cells[at + CELL.rest] = Math.round(
      SETTINGS.restReadings * SETTINGS.restGrowth ** cells[coldAt + COLD.faultAlarms]!,
    );
    if (cells[coldAt + COLD.faultAlarms] === 0) countAlarm(this);
    cells[coldAt + COLD.faultAlarms]! += 1;
  }

  /** One alarm, with the reading that makes a run too long. */
  private reportStuck(stuck: number, verdict: Verdict): void {
    describeStuck(this, verdict);
    verdict.ratio = stuck;
    verdict.score = wasStuck(this) ? MOST_UNREPORTED : stuck / (1 + stuck);
  }
}

/** Nothing unusual. What is filled in from a ratio of 1 on is cleared after such a reading only. */
function clear(verdict: Verdict, value: number): void {
  if (verdict.ratio >= 1) {
    verdict.expectedMin = verdict.expectedMax = NaN;
    verdict.deviation = 0;
    verdict.cause = 'value';
  }
  verdict.score = verdict.ratio = 0;
  verdict.observed = value;
}

/** In the order of the kind's statistics. */
function tellStrengths({ strengths }: Verdict, stuck: number): void {
  for (let i = 0; i < TAIL.distance; i++) strengths[i] = surprises[i]!;
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
  create: () => new Agreement(),
  restore(bytes) {
    const detector = new Agreement();
    detector.restore(bytes);
    return detector;
  },
  statistics: AGREEMENT_STATISTICS,
  reason: agreementReason,
};
