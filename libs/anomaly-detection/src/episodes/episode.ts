import type { Judge, Statistic, Verdict } from '../detector';
import { scoreOf, type Severity, severityOf } from './severity';

/** Calm readings in a row, beside the time of calm, that end an episode. */
const CALM_READINGS = 2;
/** An episode that is open goes on with what is so much of a limit: by then the series is not where it was, though no reading alone would be an alarm. */
const GOES_ON = 0.75;
/** Event time between two updates of an episode. */
const UPDATE_EVERY_US = 10_000_000;
/** A silence is not longer than usual up to so many of the longest intervals between two readings of the episode. */
const USUAL_INTERVALS = 3;
/** A peak is worth telling when it is so much higher than the one that was told. */
const NOTABLE_GROWTH = 1.1;
/** Numbers end up in JSON, which has no infinity. */
const MOST_RATIO = 1e9;

export type EpisodeEvent = 'opened' | 'updated' | 'closed';

/** `strength` is in the unit of the statistic; nothing more than `Number.MAX_VALUE`. */
export interface FiredStatistic extends Statistic {
  readonly strength: number;
}

/** The reading that was furthest out of range, and what was said of it. */
export interface Peak {
  readonly timeUs: number;
  readonly value: number;
  /** In units of the limit: with a limit so many times as wide nothing would have been flagged. */
  readonly ratio: number;
  readonly expectedMin: number;
  readonly expectedMax: number;
  /** What was unusual, see `Verdict`. */
  readonly cause: Verdict['cause'];
  readonly observed: number;
  /** How many times larger than usual; null where there never was a deviation. */
  readonly deviation: number | null;
  readonly statistics: readonly FiredStatistic[];
  readonly reason: string;
}

/** An anomaly of one series from its beginning to its end, by event time (µs). A plain object: see `snapshotEpisode`. */
export interface Episode {
  /** Name of what judged the readings. */
  readonly source: string;
  readonly beganUs: number;
  /** The beginning as it was told first. With the series and the source it is the identity of the episode. */
  identityUs: number;
  /** When the incident began that the episode is part of. */
  incidentUs: number;
  /** Null while the episode goes on. */
  endedUs: number | null;
  peak: Peak;
  severity: Severity;
  /** Readings out of range. */
  flaggedReadings: number;
  /** Of the event that was told last; the first is 0. */
  revision: number;
  lastUs: number;
  /** Of the last reading that was not calm. */
  lastFlaggedUs: number;
  /** Of the first calm reading since. */
  calmSinceUs: number | null;
  calmReadings: number;
  longestIntervalUs: number;
  toldUs: number;
  toldRatio: number;
  /** Something changed that was not told yet. */
  isUntold: boolean;
}

/** A reading and what was said of it. */
export interface Judged {
  readonly timeUs: number;
  readonly value: number;
  readonly verdict: Readonly<Verdict>;
  readonly judge: Judge;
  /** Where the judge had to wait before it spoke: what it waited through, this reading included. */
  readonly stretch?: Stretch;
}

/** Readings on end that are out of range. */
export interface Stretch {
  readonly beganUs: number;
  readonly readings: number;
  readonly longestIntervalUs: number;
  /** The reading that was furthest out of range, and what was said of it. */
  readonly peak: Pick<Peak, 'timeUs' | 'value' | 'ratio' | 'observed' | 'expectedMin' | 'expectedMax'>;
}

/** The first event of an episode: revision 0, an incident of its own. `intervalUs` is the time since the reading before, 0 where there was none. */
export function openEpisode(reading: Judged, intervalUs: number): Episode {
  const { timeUs, judge, verdict, stretch } = reading;
  const beganUs = stretch?.beganUs ?? timeUs;
  const flaggedReadings = stretch?.readings ?? 1;
  const peak = peakOf(
    stretch ? { ...reading, ...stretch.peak, verdict: { ...verdict, ...stretch.peak } } : reading,
  );
  return {
    source: judge.name,
    beganUs,
    identityUs: beganUs,
    incidentUs: beganUs,
    endedUs: null,
    peak,
    severity: severityOf(scoreOf(peak.ratio), timeUs - beganUs, flaggedReadings),
    flaggedReadings,
    revision: 0,
    lastUs: timeUs,
    lastFlaggedUs: timeUs,
    calmSinceUs: null,
    calmReadings: 0,
    longestIntervalUs: Math.max(intervalUs, stretch?.longestIntervalUs ?? 0),
    toldUs: timeUs,
    toldRatio: peak.ratio,
    isUntold: false,
  };
}

/**
 * Takes the next reading of an open episode, after `endBySilence` was asked about the time since the last one. The episode ends when the
 * series has been calm (below three quarters of the limit) for `calmUs` since the last reading that was not, and for two readings; its end is then the first calm
 * reading.
 * Returns what there is to tell, if anything. Allocates nothing unless the reading is the furthest out of range so far.
 */
export function followEpisode(episode: Episode, reading: Judged, calmUs: number): EpisodeEvent | undefined {
  const { timeUs, verdict } = reading;
  episode.longestIntervalUs = Math.max(episode.longestIntervalUs, timeUs - episode.lastUs);
  episode.lastUs = timeUs;
  if (verdict.ratio >= GOES_ON) {
    goOn(episode, reading);
  } else {
    episode.calmReadings += 1;
    episode.calmSinceUs ??= timeUs;
    const isCalm = episode.calmReadings >= CALM_READINGS && timeUs - episode.lastFlaggedUs >= calmUs;
    if (isCalm) return end(episode, episode.calmSinceUs);
  }
  if (!episode.isUntold || timeUs - episode.toldUs < UPDATE_EVERY_US) return undefined;
  tell(episode);
  return 'updated';
}

/** Whether `quietUs` without a reading is at least `silenceUs`, and longer than usual for a series with such intervals. */
export function isSilence(quietUs: number, silenceUs: number, longestIntervalUs: number): boolean {
  return quietUs >= silenceUs && quietUs > USUAL_INTERVALS * longestIntervalUs;
}

/** Whether a silence of `quietUs` ends an episode. */
export function endsBySilence(episode: Readonly<Episode>, quietUs: number, silenceUs: number): boolean {
  return isSilence(quietUs, silenceUs, episode.longestIntervalUs);
}

/** Ends an episode that `endsBySilence`: with the first calm reading where there was one, else with the last reading. Returns whether it ended. */
export function endBySilence(episode: Episode, quietUs: number, silenceUs: number): boolean {
  if (!endsBySilence(episode, quietUs, silenceUs)) return false;
  end(episode, endIfSilent(episode));
  return true;
}

/** When the episode would have ended if no reading came any more. */
export function endIfSilent({ endedUs, calmSinceUs, lastUs }: Readonly<Episode>): number {
  return endedUs ?? calmSinceUs ?? lastUs;
}

/** Of an episode that has ended its length, else how long it has gone on: up to the last reading that was not calm. µs. */
export function durationUs({ beganUs, endedUs, lastFlaggedUs }: Readonly<Episode>): number {
  return (endedUs ?? lastFlaggedUs) - beganUs;
}

function goOn(episode: Episode, reading: Judged): void {
  episode.lastFlaggedUs = reading.timeUs;
  episode.calmSinceUs = null;
  episode.calmReadings = 0;
  if (reading.verdict.ratio >= 1) episode.flaggedReadings += 1;
  if (reading.verdict.ratio > episode.peak.ratio && episode.peak.ratio < MOST_RATIO) {
    episode.peak = peakOf(reading);
    if (episode.peak.ratio >= NOTABLE_GROWTH * episode.toldRatio) episode.isUntold = true;
  }
  const score = scoreOf(episode.peak.ratio);
  const severity = severityOf(score, durationUs(episode), episode.flaggedReadings);
  if (severity !== episode.severity) episode.isUntold = true;
  episode.severity = severity;
}

function end(episode: Episode, endedUs: number): 'closed' {
  episode.endedUs = endedUs;
  tell(episode);
  return 'closed';
}

/** All that there is will be told now, in an event of its own. */
export function tell(episode: Episode): void {
  episode.revision += 1;
  episode.toldUs = episode.lastUs;
  episode.toldRatio = episode.peak.ratio;
  episode.isUntold = false;
}

function peakOf({ timeUs, value, verdict, judge }: Judged): Peak {
  const { ratio, expectedMin, expectedMax, cause, observed, deviation, strengths } = verdict;
  return {
    timeUs,
    value: finite(value),
    // A judge that raises an alarm has found its limit reached.
    ratio: Math.max(1, Math.min(ratio, MOST_RATIO)),
    expectedMin: finite(expectedMin, value),
    expectedMax: finite(expectedMax, value),
    cause,
    observed: finite(observed, value),
    deviation: deviation < Infinity ? finite(deviation) : null,
    statistics: judge.statistics.flatMap(({ name, unit }, i) => {
      const strength = finite(strengths[i]!);
      return strength > 0 ? [{ name, unit, strength }] : [];
    }),
    reason: judge.reason(verdict),
  };
}

/** Neither an infinity nor minus zero nor NaN (something else instead), which JSON does not have. */
function finite(x: number, instead = 0): number {
  const known = Number.isNaN(x) ? instead : x;
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, known)) + 0;
}
