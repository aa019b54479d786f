/**
 * Exact numbers of the size of doubles: integers in units of 2^-1074, the smallest double above zero.
 * The slow but always exact way; `exact-sum.ts` needs it only where three doubles do not hold a sum.
 */
const SMALLEST_EXPONENT = 1074;
const MANTISSA_BITS = 53;

const float = new Float64Array(1);
const bits = new BigUint64Array(float.buffer);

/** `x` (finite) in units of 2^-1074. */
export function toFixedPoint(x: number): bigint {
  float[0] = x;
  const raw = bits[0]!;
  const exponent = (raw >> 52n) & 0x7ffn;
  const fraction = raw & 0xf_ffff_ffff_ffffn;
  const magnitude = exponent === 0n ? fraction : (fraction | (1n << 52n)) << (exponent - 1n);
  return raw >> 63n === 0n ? magnitude : -magnitude;
}

/** The nearest double, ties to even; beyond the range of doubles the largest finite one. */
export function fromFixedPoint(fixed: bigint): number {
  const magnitude = fixed < 0n ? -fixed : fixed;
  const excess = magnitude.toString(2).length - (MANTISSA_BITS + 2);
  if (excess <= 0) return clamp(scaled(Number(fixed)));
  const shift = BigInt(excess);
  const top = magnitude >> shift;
  // Two more bits than fit and a sticky one: `Number` then rounds as it would have rounded the whole.
  const sticky = top << shift === magnitude ? 0n : 1n;
  const rounded = Number((top << 1n) | sticky);
  // The power of two is split: neither half may leave the range on the way.
  const power = excess - 1 - SMALLEST_EXPONENT;
  const half = Math.trunc(power / 2);
  const value = clamp(rounded * 2 ** half * 2 ** (power - half));
  return fixed < 0n ? -value : value;
}

/** Exact: a number of at most 53 bits is moved, and what lies below 2^-1022 has no more bits than a subnormal holds. */
function scaled(units: number): number {
  return units * 2 ** -537 * 2 ** -537;
}

function clamp(x: number): number {
  return Math.max(-Number.MAX_VALUE, Math.min(Number.MAX_VALUE, x));
}
