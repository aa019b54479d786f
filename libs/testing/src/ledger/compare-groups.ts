import type { DeviceGroup, GroupPartial, GroupWindow } from '@tidewatch/contracts';
import { canonicalGroup, mergePartials } from '@tidewatch/stream-processing';
import { compareContents, mayBeRevised, placeOf, type Subject, type WindowOptions } from './compare-windows';
import type { Ledger } from './ledger-file';
import { progressOf } from './naive-windows';
import { lastRevisions } from './revisions';
import { seriesName, type Truth } from './truth';

export interface GroupVerdicts {
  groupWindowsExpected: number;
  /** Of those that are published: how many were merged of what several partitions know. */
  groupWindowsMerged: number;
  groupWindowsMissing: number;
  groupWindowsWrong: number;
  groupWindowsUnexpected: number;
  groupWindowsInconsistent: number;
  groupWindowsRevised: number;
  /** Those of the API that nothing can change any more. */
  groupWindowsShown: number;
  groupWindowsNotShown: number;
  groupWindowsShownWrong: number;
}

export interface ObservedGroups {
  /** Every record of a part of a group's window on `aggregates.v1`, repeats included. */
  readonly groupParts: readonly GroupPartial[];
  /** What the API gives for each group of the ledger. */
  readonly groupWindows: readonly GroupWindow[];
}

/** By place, as the topic has them at the end. */
export type PublishedGroups = ReadonlyMap<string, GroupWindow>;

/** The API has this many of each size and step of a group, those that came first gone first. */
const SHOWN_PER_KIND = 60;

/** Compares the windows of all groups that a tag of `tags` makes. */
export function compareGroups(
  { ledger, truth, tags }: { ledger: Ledger; truth: Truth; tags: readonly string[] },
  { groupParts, groupWindows }: ObservedGroups,
  options: WindowOptions,
): GroupVerdicts {
  const { last, inconsistent, revised } = lastRevisions(groupParts, mayBeRevised);
  const partsOf = byPlace([...last.values()]);
  const published = mergeAll(partsOf);
  const subjects = subjectsOf(ledger, truth, tags, options.latenessMs);
  const found = compareContents(subjects, published, options.windows);
  const shown = new Map(
    groupWindows.map((window) => [placeOf(canonicalGroup(window.group), window), window]),
  );
  const ofApi = compareContents(subjects, shown, options.windows);
  const partitionsOf = [...partsOf.values()].map((parts) => new Set(parts.map(({ partition }) => partition)));
  const distinct = partitionsOf.reduce((sum, { size }) => sum + size, 0);
  return {
    groupWindowsExpected: found.expected,
    groupWindowsMerged: partitionsOf.filter(({ size }) => size > 1).length,
    groupWindowsMissing: found.missing,
    groupWindowsWrong: found.wrong,
    groupWindowsUnexpected: found.unexpected,
    // Two ids for one part are as bad as two contents for one id.
    groupWindowsInconsistent: inconsistent + last.size - distinct,
    groupWindowsRevised: revised,
    groupWindowsShown: ofApi.expected - ofApi.missing,
    groupWindowsNotShown: notShown(published, groupWindows),
    groupWindowsShownWrong: ofApi.wrong + ofApi.unexpected + groupWindows.length - shown.size,
  };
}

/** As who reads the topic does: the highest revisions of all partitions, merged. */
export function publishedGroups(groupParts: readonly GroupPartial[]): PublishedGroups {
  return mergeAll(byPlace([...lastRevisions(groupParts, mayBeRevised).last.values()]));
}

/** How many windows the API should give in the revision that is published, and does not. */
export function notShown(published: PublishedGroups, shown: readonly GroupWindow[]): number {
  const known = countByKind([...published.values()]);
  const current = countByKind(
    shown.filter((window) => {
      const place = placeOf(canonicalGroup(window.group), window);
      return published.get(place)?.revision === window.revision;
    }),
  );
  let missing = 0;
  for (const [kind, count] of known)
    missing += Math.max(0, Math.min(SHOWN_PER_KIND, count) - (current.get(kind) ?? 0));
  return missing;
}

function countByKind(windows: readonly GroupWindow[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const { group, sizeMs, stepMs } of windows) {
    const kind = `${canonicalGroup(group)}/${sizeMs}/${stepMs}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  return counts;
}

/** All groups that series of the ledger are in. */
export function groupsOf(ledger: Ledger, tags: readonly string[]): DeviceGroup[] {
  const groups = new Map<string, DeviceGroup>();
  for (const series of ledger.series) {
    for (const tag of tags) {
      const group = groupOf(series, tag);
      if (group !== undefined) groups.set(canonicalGroup(group), group);
    }
  }
  return [...groups.values()];
}

function groupOf({ metric, tags }: Ledger['series'][number], tag: string): DeviceGroup | undefined {
  const value = tags[tag];
  return value === undefined ? undefined : { tag, value, metric };
}

function subjectsOf(ledger: Ledger, truth: Truth, tags: readonly string[], latenessMs: number): Subject[] {
  return groupsOf(ledger, tags).map((group) => {
    const members = ledger.series
      .filter((series) => series.metric === group.metric && series.tags[group.tag] === group.value)
      .map((series) => truth.get(seriesName(series))!);
    return {
      name: canonicalGroup(group),
      readings: members.flatMap((readings) => [...readings]),
      progress: progressOf(members, latenessMs),
    };
  });
}

function byPlace(parts: readonly GroupPartial[]): Map<string, GroupPartial[]> {
  const places = new Map<string, GroupPartial[]>();
  for (const part of parts) {
    const place = placeOf(canonicalGroup(part.group), part);
    places.set(place, [...(places.get(place) ?? []), part]);
  }
  return places;
}

function mergeAll(places: ReadonlyMap<string, GroupPartial[]>): PublishedGroups {
  return new Map(
    Array.from(places, ([place, parts]) => [place, { group: parts[0]!.group, ...mergePartials(parts) }]),
  );
}
