export interface Range {
  readonly ms: number;
  readonly label: string;
  /** As in "the last …". */
  readonly words: string;
}

export const RANGES = [
  { ms: 60_000, label: '1 min', words: 'minute' },
  { ms: 600_000, label: '10 min', words: '10 minutes' },
  { ms: 3_600_000, label: '1 h', words: 'hour' },
] as const satisfies readonly Range[];
