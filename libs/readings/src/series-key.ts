import { createHash } from 'node:crypto';
import type { SeriesKey } from './reading-batch';

export type Tag = readonly [key: string, value: string];

const NO_TAGS: readonly Tag[] = [];

/** A series key which remembers its canonical form and hash: both are asked for again with each block. */
class CachingSeriesKey implements SeriesKey {
  #canonical?: string;
  #hash?: Buffer;

  constructor(
    readonly device: string,
    readonly metric: string,
    readonly tags: readonly Tag[],
  ) {}

  static canonicalOf(key: SeriesKey): string {
    if (!(key instanceof CachingSeriesKey)) return canonicalForm(key);
    return (key.#canonical ??= canonicalForm(key));
  }

  static hashOf(key: SeriesKey): Buffer {
    if (!(key instanceof CachingSeriesKey)) return hashOfCanonical(canonicalForm(key));
    return (key.#hash ??= hashOfCanonical(CachingSeriesKey.canonicalOf(key)));
  }
}

/** Makes a series key with its tags in order. Keys made here are cheaper to hash repeatedly than object literals. */
export function seriesKey(device: string, metric: string, tags: readonly Tag[] = NO_TAGS): SeriesKey {
  return new CachingSeriesKey(device, metric, sortedTags(tags));
}

/**
 * One string per series: device, metric and the tags in order of their keys, each as `<length>:<text>` where the length
 * is in UTF-16 code units. Different series have different strings, whatever their names contain.
 */
export function canonicalSeriesKey(key: SeriesKey): string {
  return CachingSeriesKey.canonicalOf(key);
}

/** First 16 bytes of SHA-256 over the UTF-8 of `canonicalSeriesKey`. Shared between calls: do not write to it. */
export function seriesHash(key: SeriesKey): Buffer {
  return CachingSeriesKey.hashOf(key);
}

export function tagsAreOrdered(tags: readonly Tag[]): boolean {
  for (let i = 1; i < tags.length; i++) {
    if (tags[i - 1]![0] >= tags[i]![0]) return false;
  }
  return true;
}

function sortedTags(tags: readonly Tag[]): readonly Tag[] {
  if (tagsAreOrdered(tags)) return tags;
  return [...tags].sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function canonicalForm(key: SeriesKey): string {
  let text = `${key.device.length}:${key.device}${key.metric.length}:${key.metric}`;
  for (const [name, value] of sortedTags(key.tags)) {
    text += `${name.length}:${name}${value.length}:${value}`;
  }
  return text;
}

function hashOfCanonical(canonical: string): Buffer {
  return createHash('sha256').update(canonical, 'utf8').digest().subarray(0, 16);
}
