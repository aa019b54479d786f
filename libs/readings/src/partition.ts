const M = 0x5bd1e995;
const SEED = 0x9747b28c;

/**
 * The partition of a device's readings: what Kafka's own default partitioner gives for the device as key
 * (murmur2 over UTF-8, sign bit cleared, modulo). Stable for ever: it decides where a device's order is kept.
 * @see https://github.com/apache/kafka/blob/4.1.1/clients/src/main/java/org/apache/kafka/common/utils/Utils.java
 */
export function partitionOfDevice(device: string, partitions: number): number {
  return (murmur2(device) & 0x7fffffff) % partitions;
}

/** Murmur2 of the text's UTF-8 as a signed 32-bit integer. */
export function murmur2(text: string): number {
  const ascii = asciiMurmur2(text);
  return ascii ?? bytesMurmur2(Buffer.from(text, 'utf8'));
}

/** Without a copy of the text; undefined when it is not plain ASCII. */
function asciiMurmur2(text: string): number | undefined {
  const length = text.length;
  let hash = SEED ^ length;
  let seen = 0;
  let i = 0;
  for (; i + 4 <= length; i += 4) {
    const a = text.charCodeAt(i);
    const b = text.charCodeAt(i + 1);
    const c = text.charCodeAt(i + 2);
    const d = text.charCodeAt(i + 3);
    seen |= a | b | c | d;
    hash = mixed(hash, a | (b << 8) | (c << 16) | (d << 24));
  }
  let rest = 0;
  for (let j = length - 1; j >= i; j--) {
    const code = text.charCodeAt(j);
    seen |= code;
    rest = (rest << 8) | code;
  }
  return seen < 0x80 ? finished(hash, rest, length - i) : undefined;
}

function bytesMurmur2(bytes: Buffer): number {
  const length = bytes.length;
  let hash = SEED ^ length;
  let i = 0;
  for (; i + 4 <= length; i += 4) hash = mixed(hash, bytes.readInt32LE(i));
  let rest = 0;
  for (let j = length - 1; j >= i; j--) rest = (rest << 8) | bytes[j]!;
  return finished(hash, rest, length - i);
}

function mixed(hash: number, word: number): number {
  let k = Math.imul(word, M);
  k ^= k >>> 24;
  return Math.imul(hash, M) ^ Math.imul(k, M);
}

function finished(hash: number, rest: number, restLength: number): number {
  let h = restLength > 0 ? Math.imul(hash ^ rest, M) : hash;
  h ^= h >>> 13;
  h = Math.imul(h, M);
  return h ^ (h >>> 15);
}
