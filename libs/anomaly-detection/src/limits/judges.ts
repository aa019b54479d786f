import type { Judge } from '../detector';

const judge = (name: string, reason: string): Judge => ({ name, statistics: [], reason: () => reason });

/** One for each kind of limit, whatever its numbers: a series has at most one open episode of each. */
export const LIMIT_JUDGES = {
  min: judge('limit-min', 'below the limit'),
  max: judge('limit-max', 'above the limit'),
  rate: judge('limit-rate', 'faster than the limit'),
  stuck: judge('limit-stuck', 'no change'),
} as const;
export type LimitName = keyof typeof LIMIT_JUDGES;

/** In a fixed order. */
export const LIMIT_NAMES = Object.keys(LIMIT_JUDGES) as LimitName[];
