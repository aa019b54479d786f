/** Field numbers and wire types of `reading-block.proto`. Tags are all below 128: one byte each. */
export const FIELD = { series: 1, seriesIndex: 2, timeUs: 3, value: 4 } as const;
export const SERIES_FIELD = { device: 1, metric: 2, tags: 3 } as const;
export const TAG_FIELD = { key: 1, value: 2 } as const;
export const WIRE = { varint: 0, fixed64: 1, lengthDelimited: 2, fixed32: 5 } as const;

export const TWO_TO_32 = 4_294_967_296;

// Columns are copied between typed arrays and the wire, which is little-endian.
if (new Uint8Array(Uint16Array.of(1).buffer)[0] !== 1)
  throw new Error('Tidewatch runs on little-endian machines only.');

export function tag(field: number, wireType: number): number {
  return (field << 3) | wireType;
}

export function varintLength(value: number): number {
  let length = 1;
  for (let rest = value; rest >= 0x80; rest = Math.floor(rest / 0x80)) length += 1;
  return length;
}
