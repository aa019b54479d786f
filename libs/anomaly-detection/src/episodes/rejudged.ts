import { type Episode, tell } from './episode';

/** An episode as it was told. */
export interface ToldEpisode {
  readonly episode: Episode;
  /** The reading, by its time, with which it ended, or was seen to be none; the last one where it goes on. */
  readonly decidedUs: number;
  readonly isWithdrawn: boolean;
}

/** What is found when the readings of one series are judged again, and what was told of it. */
export interface Rejudged {
  /** In order of their beginnings; `told` is undefined where nobody has heard of it. */
  readonly found: readonly { readonly episode: Episode; readonly told: ToldEpisode | undefined }[];
  /** Of these nothing is left. */
  readonly gone: readonly ToldEpisode[];
}

/**
 * An episode that is found is the one that was told with its identity, else the first told by the same source that it overlaps, so that the same
 * fault keeps its identity though late readings have moved its beginning. What was withdrawn comes back only with its identity.
 */
export function compareEpisodes(found: readonly Episode[], told: readonly ToldEpisode[]): Rejudged {
  const left = new Set(told);
  const take = (matches: (one: ToldEpisode) => boolean): ToldEpisode | undefined => {
    for (const one of left) {
      if (!matches(one)) continue;
      left.delete(one);
      return one;
    }
    return undefined;
  };
  const inOrder = [...found].sort((a, b) => a.beganUs - b.beganUs || (a.source < b.source ? -1 : 1));
  const known = new Map<Episode, ToldEpisode | undefined>();
  for (const one of inOrder) {
    const { source, identityUs } = one;
    const told = take(({ episode }) => episode.source === source && episode.identityUs === identityUs);
    if (told !== undefined) known.set(one, told);
  }
  for (const one of inOrder) {
    if (known.has(one)) continue;
    known.set(
      one,
      take(({ episode, isWithdrawn }) => !isWithdrawn && overlap(one, episode)),
    );
  }
  return {
    found: inOrder.map((episode) => ({ episode, told: known.get(episode) })),
    gone: [...left],
  };
}

function overlap(a: Readonly<Episode>, b: Readonly<Episode>): boolean {
  const reaches = (one: Readonly<Episode>, other: Readonly<Episode>) =>
    one.beganUs <= (other.endedUs ?? Infinity);
  return a.source === b.source && reaches(a, b) && reaches(b, a);
}

/** Goes on with an episode that is found where the one that was told stands. Returns whether it says something else now, which is to be told. */
export function takeOver(episode: Episode, { episode: told, isWithdrawn }: ToldEpisode): boolean {
  episode.identityUs = told.identityUs;
  episode.incidentUs = told.incidentUs;
  episode.revision = told.revision;
  episode.toldUs = told.toldUs;
  episode.toldRatio = told.toldRatio;
  episode.isUntold = told.isUntold;
  const isLess = episode.flaggedReadings < told.flaggedReadings;
  if (!isWithdrawn && !isLess && contentOf(episode) === contentOf(told)) return false;
  tell(episode);
  return true;
}

/** What a revision is worth telling for. Of one that goes on, more readings out of range are told with the next event. */
function contentOf({ beganUs, endedUs, peak, severity, flaggedReadings }: Readonly<Episode>): string {
  return JSON.stringify([beganUs, endedUs, peak, severity, endedUs === null ? 0 : flaggedReadings]);
}
