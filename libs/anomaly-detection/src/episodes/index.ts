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
} from './episode';
export { episodeCounterfactual } from './counterfactual';
export { scoreOf, type Severity } from './severity';
export { restoreEpisode, snapshotEpisode } from './snapshot';
