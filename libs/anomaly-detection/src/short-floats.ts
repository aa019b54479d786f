const one = new DataView(new ArrayBuffer(8));

/**
 * Writes a double so that the bytes which it ends in come last, and returns how many come before the zeros there: few, where it is a small whole number or a
 * power of two. Takes eight bytes of room.
 */
export function writeShortFloat(view: DataView, at: number, value: number): number {
  view.setFloat64(at, value);
  const low = view.getUint32(at + 4);
  if (low !== 0) return 8 - zeroBytes(low);
  const high = view.getUint32(at);
  return high === 0 ? 0 : 4 - zeroBytes(high);
}

/** The double of which the first `count` bytes, at most eight, are at `at`. */
export function readShortFloat(bytes: Uint8Array, at: number, count: number): number {
  one.setFloat64(0, 0);
  for (let i = 0; i < count; i++) one.setUint8(i, bytes[at + i]!);
  return one.getFloat64(0);
}

/** At the end of a word which is not zero. */
function zeroBytes(word: number): number {
  return (31 - Math.clz32(word & -word)) >> 3;
}
