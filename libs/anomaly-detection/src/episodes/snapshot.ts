import { SnapshotError } from '../errors';
import type { Episode } from './episode';

const VERSION = 2;
/** Without an identity of its own: it was the beginning. */
const FIRST_VERSION = 1;
const utf8Decoder = new TextDecoder('utf-8', { fatal: true });
const utf8Encoder = new TextEncoder();

/** Version (1 byte), then JSON, which keeps every finite double: few episodes are open at a time. */
export function snapshotEpisode(episode: Readonly<Episode>): Uint8Array {
  const json = utf8Encoder.encode(JSON.stringify(episode));
  const bytes = new Uint8Array(1 + json.length);
  bytes[0] = VERSION;
  bytes.set(json, 1);
  return bytes;
}

/** Goes on bit for bit. The bytes must be those of a snapshot, undamaged; throws `SnapshotError` where that is easily seen. */
export function restoreEpisode(bytes: Uint8Array): Episode {
  if (bytes[0] !== VERSION && bytes[0] !== FIRST_VERSION) {
    throw new SnapshotError(`an episode of unknown version ${bytes[0] ?? 'none'}`);
  }
  try {
    const stored = JSON.parse(utf8Decoder.decode(bytes.subarray(1))) as Omit<Episode, 'identityUs'> &
      Partial<Episode>;
    return { ...stored, identityUs: stored.identityUs ?? stored.beganUs };
  } catch (error) {
    throw new SnapshotError('a damaged episode', { cause: error });
  }
}
