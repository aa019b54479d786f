import type { ScorerKind } from './baselines/baseline';
import type { LabelledSeries } from './data/dataset';
import { addCounts, countEvents, type EventFigures, eventFigures } from './scores/event-score';
import { heldOutNabScore, NAB_PROFILES, type NabProfile, NabScorer, nabScore } from './scores/nab-score';
import { scoreSeries } from './scorers';

const FOLDS = 5;
const PROFILES = Object.keys(NAB_PROFILES) as NabProfile[];

export interface Figures {
  readonly nab: Readonly<Record<NabProfile, number>>;
  readonly events: EventFigures;
}

export interface Evaluation extends Figures {
  readonly name: string;
  /** NAB scores with a threshold fitted on the other four fifths of the series. */
  readonly heldOut: Readonly<Record<NabProfile, number>>;
  readonly categories: ReadonlyMap<string, Figures>;
  /** By series, in the order given. */
  readonly scores: readonly Float64Array[];
}

/** Runs one way to score over every series, each from its beginning, and judges alarms at scores from `threshold` on. */
export function evaluate(
  kind: ScorerKind,
  dataset: readonly LabelledSeries[],
  threshold: number,
): Evaluation {
  const scores = dataset.map((series) => scoreSeries(kind, series));
  const scorers = dataset.map((series, i) => new NabScorer(series, scores[i]!));
  const figuresOf = (include: (series: LabelledSeries) => boolean): Figures => {
    const chosen = dataset.map((_, i) => i).filter((i) => include(dataset[i]!));
    return {
      nab: byProfile((profile) =>
        nabScore(
          chosen.map((i) => scorers[i]!),
          profile,
          threshold,
        ),
      ),
      events: eventFigures(addCounts(chosen.map((i) => countEvents(dataset[i]!, scores[i]!, threshold)))),
    };
  };
  const categories = [...new Set(dataset.map(({ category }) => category))];
  return {
    name: kind.name,
    ...figuresOf(() => true),
    heldOut: byProfile((profile) => heldOutNabScore(scorers, profile, FOLDS)),
    categories: new Map(categories.map((name) => [name, figuresOf(({ category }) => category === name)])),
    scores,
  };
}

function byProfile(of: (profile: NabProfile) => number): Record<NabProfile, number> {
  return Object.fromEntries(PROFILES.map((profile) => [profile, of(profile)])) as Record<NabProfile, number>;
}
