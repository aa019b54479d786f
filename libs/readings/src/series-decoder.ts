import { LIMITS } from '@tidewatch/contracts';
import { BlockReader, requireWireType } from './block-reader';
import { SERIES_FIELD, TAG_FIELD, WIRE } from './block-wire';
import { BlockFormatError } from './errors';
import type { SeriesKey } from './reading-batch';
import { seriesKey, type Tag, tagsAreOrdered } from './series-key';

const CACHE_SLOTS = 2 ** 16;

interface CachedSeries {
  readonly bytes: Uint8Array;
  readonly key: SeriesKey;
}

/**
 * The same series comes in block after block: equal bytes give the same object, so that consumers can keep what they
 * derive from it. One slot per hash and a fixed number of slots bound the memory; a collision only costs a decoding.
 */
const cache: (CachedSeries | undefined)[] = new Array<CachedSeries | undefined>(CACHE_SLOTS);

/** Decodes the `Series` message at `[start, end)`. Throws `BlockFormatError`. */
export function decodeSeries(bytes: Uint8Array, start: number, end: number): SeriesKey {
  const slot = slotOf(bytes, start, end);
  const cached = cache[slot];
  if (cached !== undefined && equalBytes(cached.bytes, bytes, start, end)) return cached.key;
  const key = parseSeries(new BlockReader(bytes, start, end));
  cache[slot] = { bytes: bytes.slice(start, end), key };
  return key;
}

function slotOf(bytes: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5;
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ bytes[i]!, 0x01000193);
  return (hash ^ (hash >>> 16)) & (CACHE_SLOTS - 1);
}

function equalBytes(known: Uint8Array, bytes: Uint8Array, start: number, end: number): boolean {
  if (known.length !== end - start) return false;
  for (let i = 0; i < known.length; i++) {
    if (known[i] !== bytes[start + i]) return false;
  }
  return true;
}

function parseSeries(reader: BlockReader): SeriesKey {
  let device = '';
  let metric = '';
  const tags: Tag[] = [];
  while (reader.at < reader.end) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    if (field === SERIES_FIELD.device) device = knownText(reader, tag);
    else if (field === SERIES_FIELD.metric) metric = knownText(reader, tag);
    else if (field === SERIES_FIELD.tags) tags.push(parseTag(reader, tag));
    else reader.skip(tag);
  }
  requireName(device, 'device');
  requireName(metric, 'metric');
  if (tags.length > LIMITS.tagsPerReading) throw new BlockFormatError('A series has too many tags.');
  if (!tagsAreOrdered(tags)) throw new BlockFormatError('Tags are not in ascending order of distinct keys.');
  return seriesKey(device, metric, tags);
}

function parseTag(reader: BlockReader, tagOfField: number): Tag {
  requireWireType(tagOfField & 7, WIRE.lengthDelimited);
  const outerEnd = reader.end;
  reader.end = reader.endOfDelimited();
  let key = '';
  let value = '';
  while (reader.at < reader.end) {
    const tag = reader.uint32();
    const field = tag >>> 3;
    if (field === TAG_FIELD.key) key = knownText(reader, tag);
    else if (field === TAG_FIELD.value) value = knownText(reader, tag);
    else reader.skip(tag);
  }
  reader.end = outerEnd;
  requireName(key, 'tag key');
  requireName(value, 'tag value');
  return [key, value];
}

function knownText(reader: BlockReader, tag: number): string {
  requireWireType(tag & 7, WIRE.lengthDelimited);
  return reader.text();
}

/** What the store cannot hold has to be refused here: text of PostgreSQL has no NUL, and an index entry has a size. */
function requireName(name: string, what: string): void {
  if (name === '') throw new BlockFormatError(`A series has an empty ${what}.`);
  if (name.includes('\0')) throw new BlockFormatError(`A ${what} contains NUL.`);
  if (Buffer.byteLength(name, 'utf8') > LIMITS.nameBytes) {
    throw new BlockFormatError(`A ${what} is longer than ${LIMITS.nameBytes} bytes.`);
  }
}
