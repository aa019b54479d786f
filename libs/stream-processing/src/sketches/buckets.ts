/**
 * Buckets of a quantile sketch with a bounded relative error. As in DDSketch (Masson, Rim, Lee: "DDSketch", VLDB 2019) a value falls into a
 * bucket by its logarithm; the logarithm is read off the bits of the double, with 64 buckets to a power of two, which costs next to nothing and is the
 * same on every machine. The middle of a bucket is within 1/128 of all that is in it.
 *
 * A bucket's number has the sign of its values; 0 is zero and what is too small for normal doubles. At level n, 2^n neighbours are one bucket
 * (the uniform collapse of UDDSketch; Epicoco et al., IEEE Access 2020), and the relative error doubles with each level.
 */
const float = new Float64Array(1);
const words = new Int32Array(float.buffer);
/** Index of the word with sign, exponent and the top of the mantissa. */
const HIGH = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;
const SHIFT = 14;
const INFINITY_WORD = 0x7ff0_0000;

/** Of a finite value. */
export function bucketOf(x: number, level: number): number {
  float[0] = x;
  const word = words[HIGH]!;
  const bucket = (word & 0x7fff_ffff) >> (SHIFT + level);
  return word < 0 ? -bucket : bucket;
}

/** A bucket as of a level that is higher by `levels`. */
export function raised(bucket: number, levels: number): number {
  return bucket < 0 ? -(-bucket >> levels) : bucket >> levels;
}

/** The middle of a bucket; infinite for the last one of high levels. */
export function middleOf(bucket: number, level: number): number {
  if (bucket === 0) return 0;
  const magnitude = Math.abs(bucket);
  const low = lowerBound(magnitude, level);
  const middle = low + (lowerBound(magnitude + 1, level) - low) / 2;
  return bucket < 0 ? -middle : middle;
}

function lowerBound(magnitude: number, level: number): number {
  words[HIGH] = Math.min(magnitude * (1 << level) * (1 << SHIFT), INFINITY_WORD);
  words[1 - HIGH] = 0;
  return float[0]!;
}
