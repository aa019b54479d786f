/** Something that gives each reading of one series a score from 0 to 1, in order of time. */
export interface Scorer {
  score(timeUs: number, value: number): number;
}

/** A named way to score; `create` makes the scorer of one series. */
export interface ScorerKind {
  readonly name: string;
  create(): Scorer;
}
