/** Columns by row, in whole new arrays when they grow: rows are few, readings are many. */

export function grownInts(column: Int32Array, length: number, fill: number): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(length).fill(fill, column.length);
  grown.set(column);
  return grown;
}

export function grownFloats(column: Float64Array, length: number, fill: number): Float64Array<ArrayBuffer> {
  const grown = new Float64Array(length).fill(fill, column.length);
  grown.set(column);
  return grown;
}

export function grownFlags(column: Uint8Array, length: number): Uint8Array<ArrayBuffer> {
  const grown = new Uint8Array(length);
  grown.set(column);
  return grown;
}
