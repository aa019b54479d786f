import type { ByteReader, ByteWriter } from '../state/bytes';
import { type Spills, SUM_CELLS } from '../sums/exact-sum';
import { WINDOW } from './window-layout';

const SPILLED_SUM = 0x40;
const SPILLED_SQUARES = 0x80;

export function writeWindow(writer: ByteWriter, cells: Float64Array, slot: number, spills: Spills): void {
  const start = cells[slot + WINDOW.start]!;
  const firstTime = cells[slot + WINDOW.firstTime]!;
  writer.varint(start);
  const count = cells[slot + WINDOW.count]!;
  writer.varint(count);
  if (count === 0) return;
  writer.varint(firstTime - start);
  writer.varint(cells[slot + WINDOW.lastTime]! - firstTime);
  for (const cell of [WINDOW.min, WINDOW.max, WINDOW.first, WINDOW.last]) writer.float64(cells[slot + cell]!);
  const spilledSum = spills.get(slot + WINDOW.sum);
  const spilledSquares = spills.get(slot + WINDOW.squares);
  let parts =
    (spilledSum === undefined ? 0 : SPILLED_SUM) | (spilledSquares === undefined ? 0 : SPILLED_SQUARES);
  for (let i = 0; i < 2 * SUM_CELLS; i++) if (cells[slot + WINDOW.sum + i] !== 0) parts |= 1 << i;
  writer.byte(parts);
  for (let i = 0; i < 2 * SUM_CELLS; i++) {
    if (parts & (1 << i)) writer.float64(cells[slot + WINDOW.sum + i]!);
  }
  if (spilledSum !== undefined) writer.text(spilledSum.toString());
  if (spilledSquares !== undefined) writer.text(spilledSquares.toString());
}

/** Into a fresh slot. Throws `SnapshotError`. */
export function readWindow(reader: ByteReader, cells: Float64Array, slot: number, spills: Spills): void {
  const start = (cells[slot + WINDOW.start] = reader.varint());
  const count = (cells[slot + WINDOW.count] = reader.varint());
  if (count === 0) return;
  const firstTime = (cells[slot + WINDOW.firstTime] = start + reader.varint());
  cells[slot + WINDOW.lastTime] = firstTime + reader.varint();
  for (const cell of [WINDOW.min, WINDOW.max, WINDOW.first, WINDOW.last])
    cells[slot + cell] = reader.float64();
  const parts = reader.byte();
  for (let i = 0; i < 2 * SUM_CELLS; i++) {
    if (parts & (1 << i)) cells[slot + WINDOW.sum + i] = reader.float64();
  }
  if (parts & SPILLED_SUM) spills.set(slot + WINDOW.sum, readSpill(reader));
  if (parts & SPILLED_SQUARES) spills.set(slot + WINDOW.squares, readSpill(reader));
}

function readSpill(reader: ByteReader): bigint {
  const digits = reader.text();
  reader.require(/^-?\d{1,700}$/.test(digits), 'a sum is not a number');
  return BigInt(digits);
}
