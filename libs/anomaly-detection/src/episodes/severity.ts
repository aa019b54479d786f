export type Severity = 'info' | 'warning' | 'critical';

const LEVELS = ['info', 'warning', 'critical'] as const;
const WARNING_FROM = 0.75;
const CRITICAL_FROM = 0.9;
/** What lasts for so long, in event time and in readings out of range, is one level more severe. */
const LASTING_US = 300_000_000;
const LASTING_READINGS = 3;

/** 0 to 1 of a deviation in units of its limit: 0.5 at the limit. */
export function scoreOf(ratio: number): number {
  return ratio / (1 + ratio);
}

export function severityOf(score: number, durationUs: number, flaggedReadings: number): Severity {
  const isLasting = durationUs >= LASTING_US && flaggedReadings >= LASTING_READINGS;
  const level = (score >= CRITICAL_FROM ? 2 : score >= WARNING_FROM ? 1 : 0) + (isLasting ? 1 : 0);
  return LEVELS[level] ?? 'critical';
}
