export {
  durationUs,
  endBySilence,
  endIfSilent,
  endsBySilence,
  type Episode,
  type EpisodeEvent,
  type FiredStatistic,
  followEpisode,
  type Judged,
  openEpisode,
  type Peak,
  type Stretch,
  tell,
} from './episode';
export { episodeCounterfactual } from './counterfactual';
export { compareEpisodes, type Rejudged, takeOver, type ToldEpisode } from './rejudged';
export { scoreOf, type Severity } from './severity';
export { restoreEpisode, snapshotEpisode } from './snapshot';
