import type { Detector, DetectorKind, Verdict } from '../../detector';
import { History } from '../../tails/history';
import { TailModel } from '../../tails/tail-model';
import { evidence } from './evidence';
import { explainAgreement } from './explain';
import {
  CELL,
  SEASON_AT,
  SEASON_BINS,
  TAIL,
  tailCellsAt,
  tailCountsAt,
  TAILS,
  HISTORY_READINGS,
} from './layout';
import { around, largestBelow, relative } from './range';
import { SETTINGS } from './settings';
import { KIND, readSnapshot, writeSnapshot } from './snapshot';
import { allocateState, type StatePlace, viewState } from './state-blocks';

const DAY_US = 86_400_000_000;
/** Keeps sums and single floats finite, whatever the values. */
const MAX_MAGNITUDE = 1e30;
const INTERVAL_STEP = 1 + 1 / 32;
/** Just short of an alarm: what only its rest keeps from being one. */
const MOST_UNREPORTED = 0.499;

/** The five distances of the reading at hand, NaN where they say nothing yet, and how far it is beyond the range seen. */
const distances = new Float64Array(TAILS);
const surprises = new Float64Array(TAILS);
let beyond = 0;

/** One of each serves every series in turn: what is one object per series and statistic costs more to reach than to compute with. */
const tails = Object.values(TAIL).map(() => new TailModel());
const history = new History(HISTORY_READINGS);

/** See the README of this folder for what is computed and why. */
class Agreement implements Detector, StatePlace {
  readonly cells: Float64Array;
  readonly at: number;
  readonly floats: Float32Array;
  readonly first: number;

  constructor({ cells, at, floats, first }: StatePlace) {
    this.cells = cells;
    this.at = at;
    this.floats = floats;
    this.first = first;
  }

  observe(timeUs: number, value: number, verdict: Verdict): void {
    verdict.score = 0;
    verdict.expectedMin = NaN;
    verdict.expectedMax = NaN;
    verdict.deviation = 0;
    verdict.cause = 'value';
    verdict.observed = value;
    // A comparison with NaN is false, so this also refuses NaN.
    if (!(value <= Number.MAX_VALUE && value >= -Number.MAX_VALUE)) return;
    const { cells, at } = this;
    this.open();
    if (cells[at + CELL.readings] === 0) cells[at + CELL.origin] = bounded(value);
    const x = Math.fround(bounded(value - cells[at + CELL.origin]!));
    const days = timeUs / DAY_US;
    const bin = Math.floor((days - Math.floor(days)) * SEASON_BINS);
    if (cells[at + CELL.readings] === 0 || this.isAfterGap(timeUs) || this.isCounterReset(x)) this.begin(x);
    else {
      this.measure(x, bin);
      const ratio = this.judge(x, bin, verdict);
      this.learn(x, this.followFault(ratio));
      this.report(ratio, verdict);
    }
    this.keep(timeUs, x, bin);
  }

  snapshot(): Uint8Array {
    const { cells, floats } = viewState(this);
    return writeSnapshot(cells, floats);
  }

  private open(): void {
    const { cells, at, floats, first } = this;
    history.open(floats, first);
    for (let tail = 0; tail < TAILS; tail++) {
      tails[tail]!.open(cells, at + tailCellsAt(tail), floats, first + tailCountsAt(tail));
    }
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
      const profile = this.first + SEASON_AT;
      this.floats.fill(NaN, profile, profile + SEASON_BINS);
    }
    cells[at + CELL.sinceBegin] = cells[at + CELL.slot] = 0;
    cells[at + CELL.levelSum] = cells[at + CELL.beforeSum] = 0;
    cells[at + CELL.slowMean] = cells[at + CELL.lastValue] = cells[at + CELL.usualLevel] = x;
    cells[at + CELL.faultReadings] = 0;
  }

  private measure(x: number, bin: number): void {
    const { cells, at } = this;
    const seen = cells[at + CELL.sinceBegin]!;
    const short = this.shortMean();
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
    beyond = this.novelty(x);
    for (let tail = 0; tail < TAIL.distance; tail++) {
      const distance = distances[tail]!;
      surprises[tail] = distance > 0 ? tails[tail]!.surprise(distance) : 0;
    }
    surprises[TAIL.residual] = this.residualSurprise(distances[TAIL.residual]!);
  }

  private residualSurprise(distance: number): number {
    const tail = tails[TAIL.residual]!;
    const own = tail.surprise(distance);
    return own + SETTINGS.bulkShare * (tail.bulkSurprise(distance) - own);
  }

  /** How far beyond everything seen, as a share of the range seen. */
  private novelty(x: number): number {
    const { cells, at } = this;
    if (cells[at + CELL.readings]! < SETTINGS.rangeWarmUp) return 0;
    const outside = Math.max(x - cells[at + CELL.highest]!, cells[at + CELL.lowest]! - x, 0);
    const range = cells[at + CELL.highest]! - cells[at + CELL.lowest]!;
    if (outside === 0) return 0;
    return range > 0 ? outside / range : 1;
  }

  /** Mean of the last eight values, of all where there are fewer. */
  private shortMean(): number {
    const count = Math.min(this.held(), SETTINGS.shortReadings);
    return history.recentSum(this.slot(), count) / count;
  }

  /** Values in the history. */
  private held(): number {
    const since = this.cells[this.at + CELL.sinceBegin]!;
    return since < HISTORY_READINGS ? since | 0 : HISTORY_READINGS;
  }

  private slot(): number {
    return this.cells[this.at + CELL.slot]! | 0;
  }

  /** The larger of both deviations in units of its limit: 1 is an alarm. */
  private judge(x: number, bin: number, verdict: Verdict): number {
    const { cells, at } = this;
    const agreed = evidence(surprises, beyond) / this.evidenceLimit();
    const usual = tails[TAIL.distance]!.nineteenTwentieths;
    const far =
      usual > 0 && cells[at + CELL.sinceBegin]! >= SETTINGS.distanceWarmUp
        ? distances[TAIL.distance]! / (usual * this.distanceLimit())
        : 0;
    const ratio = Math.max(agreed, far);
    if (ratio >= 1) this.describe(x, bin, far >= 1, verdict);
    cells[at + CELL.evidenceFactor] = forgotten(
      cells[at + CELL.evidenceFactor]!,
      SETTINGS.evidence.forgetReadings,
    );
    cells[at + CELL.distanceFactor] = forgotten(
      cells[at + CELL.distanceFactor]!,
      SETTINGS.distance.forgetReadings,
    );
    if (ratio >= 1 && cells[at + CELL.rest] === 0) {
      if (agreed >= 1) cells[at + CELL.evidenceFactor]! *= 1 + SETTINGS.evidence.growth;
      if (far >= 1) cells[at + CELL.distanceFactor]! *= 1 + SETTINGS.distance.growth;
    }
    return ratio;
  }

  private evidenceLimit(): number {
    return SETTINGS.evidence.limit * this.cells[this.at + CELL.evidenceFactor]! * this.caution();
  }

  private distanceLimit(): number {
    return SETTINGS.distance.limit * this.cells[this.at + CELL.distanceFactor]! * this.caution();
  }

  /** Limits are wider while little is known. */
  private caution(): number {
    return 1 + SETTINGS.youngReadings / this.cells[this.at + CELL.readings]!;
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
    for (const tail of tails) tail.fade(SETTINGS.newNormalShare);
  }

  private learn(x: number, weight: number): void {
    const { cells, at } = this;
    for (let tail = 0; tail < TAILS; tail++) {
      const distance = distances[tail]!;
      if (Number.isNaN(distance)) continue;
      const model = tails[tail]!;
      model.learn(distance, weight);
      if (model.total > (tail === TAIL.distance ? SETTINGS.distanceReadings : SETTINGS.tailReadings))
        model.fade(0.5);
    }
    const slow = Math.min(cells[at + CELL.sinceBegin]! + 1, SETTINGS.slowReadings);
    cells[at + CELL.slowMean]! += (weight / slow) * (x - cells[at + CELL.slowMean]!);
  }

  /** An alarm unless one was just raised. */
  private report(ratio: number, verdict: Verdict): void {
    const { cells, at } = this;
    const score = ratio / (1 + ratio);
    if (ratio >= 1 && cells[at + CELL.rest] === 0) {
      cells[at + CELL.rest] =
        Math.round(SETTINGS.restReadings * SETTINGS.restGrowth ** cells[at + CELL.faultAlarms]!) + 1;
      cells[at + CELL.faultAlarms]! += 1;
      verdict.score = score;
    } else {
      verdict.score = Math.min(score, MOST_UNREPORTED);
    }
    if (cells[at + CELL.rest]! > 0) cells[at + CELL.rest]! -= 1;
  }

  /** The range that would not have been flagged, found with the very functions that flagged the reading. Only for flagged readings. */
  private describe(x: number, bin: number, isFar: boolean, verdict: Verdict): void {
    const { cells, at } = this;
    const origin = cells[at + CELL.origin]!;
    const level = cells[at + CELL.usualLevel]!;
    const usual = tails[TAIL.distance]!;
    if (isFar) {
      const reach = usual.nineteenTwentieths * this.distanceLimit();
      around(level + origin, reach, verdict);
    } else if (this.wouldAgree(level, bin)) {
      this.describeLevel(verdict);
      return;
    } else {
      const share = largestBelow((part) => this.wouldAgree(level + (x - level) * part, bin));
      around(level + origin, Math.abs(x - level) * share, verdict);
    }
    verdict.deviation = relative(Math.abs(x - level), usual.middle);
  }

  /** The short mean alone is enough, whatever the reading is. */
  private describeLevel(verdict: Verdict): void {
    const { cells, at } = this;
    const origin = cells[at + CELL.origin]!;
    const moved = distances[TAIL.shortMean]!;
    const model = tails[TAIL.shortMean]!;
    const others = Float64Array.of(0, 0, surprises[TAIL.level]!, 0);
    const share = largestBelow((part) => {
      others[TAIL.shortMean] = model.surprise(moved * part);
      return evidence(others, 0) >= this.evidenceLimit();
    });
    around(cells[at + CELL.slowMean]! + origin, moved * share, verdict);
    verdict.cause = 'level';
    verdict.observed = this.shortMean() + origin;
    verdict.deviation = relative(moved, model.middle);
  }

  /** Whether the statistics would agree on an alarm if the reading had this value. */
  private wouldAgree(x: number, bin: number): boolean {
    const short = this.shortMean();
    const season = Math.abs(x - this.floats[this.first + SEASON_AT + bin]!);
    const supposed = Float64Array.from(surprises);
    supposed[TAIL.residual] = this.residualSurprise(Math.abs(x - short));
    supposed[TAIL.season] = season > 0 ? tails[TAIL.season]!.surprise(season) : 0;
    return evidence(supposed, this.novelty(x)) >= this.evidenceLimit();
  }

  /** Takes the reading in, after it was judged. */
  private keep(timeUs: number, x: number, bin: number): void {
    const { cells, at, floats, first } = this;
    const seen = cells[at + CELL.sinceBegin]!;
    if (x > cells[at + CELL.lastValue]!) cells[at + CELL.rises]! += 1;
    else if (x < cells[at + CELL.lastValue]!) cells[at + CELL.falls]! += 1;
    if (x < cells[at + CELL.lowest]!) cells[at + CELL.lowest] = x;
    if (x > cells[at + CELL.highest]!) cells[at + CELL.highest] = x;
    this.keepLevels(x);
    this.keepUsualLevel(x);
    const slot = this.slot();
    history.put(slot, x);
    cells[at + CELL.slot] = slot + 1 === HISTORY_READINGS ? 0 : slot + 1;
    const profile = floats[first + SEASON_AT + bin]!;
    const rate = SETTINGS.seasonRate * (cells[at + CELL.faultReadings]! > 0 ? SETTINGS.faultWeight : 1);
    floats[first + SEASON_AT + bin] = Number.isNaN(profile) ? x : profile + rate * (x - profile);
    if (cells[at + CELL.readings]! > 0) this.keepInterval(timeUs - cells[at + CELL.lastTime]!);
    cells[at + CELL.lastValue] = x;
    cells[at + CELL.lastTime] = timeUs;
    cells[at + CELL.sinceBegin] = seen + 1;
    cells[at + CELL.readings]! += 1;
  }

  /** Sums of the last 48 values and of the 48 before; made anew once in a round of the history, so that no rounding stays. */
  private keepLevels(x: number): void {
    const { cells, at } = this;
    const { levelReadings } = SETTINGS;
    const slot = this.slot();
    const held = this.held();
    if (held === HISTORY_READINGS && slot === 0) {
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
    const most = step * tails[TAIL.distance]!.middle;
    const isYoung = since < young || most === 0;
    cells[at + CELL.usualLevel]! += isYoung
      ? away / Math.min(since + 1, young)
      : Math.max(-most, Math.min(most, rate * away));
  }

  private keepInterval(elapsedUs: number): void {
    const usual = this.cells[this.at + CELL.usualInterval]!;
    if (usual === 0) this.cells[this.at + CELL.usualInterval] = elapsedUs;
    else
      this.cells[this.at + CELL.usualInterval] =
        elapsedUs > usual ? usual * INTERVAL_STEP : usual / INTERVAL_STEP;
  }
}

function bounded(x: number): number {
  return Math.max(-MAX_MAGNITUDE, Math.min(MAX_MAGNITUDE, x));
}

/** A factor above 1 on its way back. */
function forgotten(factor: number, readings: number): number {
  return 1 + (factor - 1) * (1 - 1 / readings);
}

/** Several statistics of a series that have to agree, each by its tail probability. */
export const agreement: DetectorKind = {
  name: KIND,
  create: () => new Agreement(allocateState()),
  restore(bytes) {
    const place = allocateState();
    const { cells, floats } = viewState(place);
    readSnapshot(bytes, cells, floats);
    return new Agreement(place);
  },
  explain: explainAgreement,
};
