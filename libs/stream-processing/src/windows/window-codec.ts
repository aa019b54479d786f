import type { ByteReader, ByteWriter } from '../state/bytes';
import { type Spills, SUM_CELLS } from '../sums/exact-sum';
import { WINDOW } from './window-layout';

/** Beside these flags: by which power of ten the values are whole numbers, or that they are not. */
const SPILLED_SUM = 0x40;
const SPILLED_SQUARES = 0x80;
const NOT_DECIMAL = 0x0f;
const POWERS = [1, 10, 100, 1e3, 1e4, 1e5, 1e6] as const;
/** So that differences and their signs stay exact. */
const MOST_WHOLE = 2 ** 50;
const VALUES = [WINDOW.first, WINDOW.last, WINDOW.min, WINDOW.max] as const;

/** All but the start. The count; of a window that is not empty also its times, its values, its sums. */
export function writeWindow(writer: ByteWriter, cells: Float64Array, slot: number, spills: Spills): void {
  const count = cells[slot + WINDOW.count]!;
  writer.varint(count);
  if (count === 0) return;
  const firstTime = cells[slot + WINDOW.firstTime]!;
  writer.varint(firstTime - cells[slot + WINDOW.start]!);
  writer.varint(cells[slot + WINDOW.lastTime]! - firstTime);
  const spilledSum = spills.size === 0 ? undefined : spills.get(slot + WINDOW.sum);
  const spilledSquares = spills.size === 0 ? undefined : spills.get(slot + WINDOW.squares);
  const decimals = decimalsOf(cells, slot);
  writer.byte(
    decimals |
      (spilledSum === undefined ? 0 : SPILLED_SUM) |
      (spilledSquares === undefined ? 0 : SPILLED_SQUARES),
  );
  if (decimals === NOT_DECIMAL) for (const cell of VALUES) writer.float64(cells[slot + cell]!);
  else writeDecimals(writer, cells, slot, POWERS[decimals]!);
  writer.shortFloats(cells, slot + WINDOW.sum, 2 * SUM_CELLS);
  if (spilledSum !== undefined) writer.text(spilledSum.toString());
  if (spilledSquares !== undefined) writer.text(spilledSquares.toString());
}

/** Into a fresh slot whose start is set. Throws `SnapshotError`. */
export function readWindow(reader: ByteReader, cells: Float64Array, slot: number, spills: Spills): void {
  const count = (cells[slot + WINDOW.count] = reader.varint());
  if (count === 0) return;
  const firstTime = (cells[slot + WINDOW.firstTime] = cells[slot + WINDOW.start]! + reader.varint());
  cells[slot + WINDOW.lastTime] = firstTime + reader.varint();
  const spilled = readNumbers(reader, cells, slot);
  if (spilled & SPILLED_SUM) spills.set(slot + WINDOW.sum, readSpill(reader));
  if (spilled & SPILLED_SQUARES) spills.set(slot + WINDOW.squares, readSpill(reader));
}

/** The least number of decimals that all values of a window have: sensors have few. */
function decimalsOf(cells: Float64Array, slot: number): number {
  for (let decimals = 0; decimals < POWERS.length; decimals++) {
    const power = POWERS[decimals]!;
    if (
      isWhole(cells[slot + WINDOW.first]!, power) &&
      isWhole(cells[slot + WINDOW.last]!, power) &&
      isWhole(cells[slot + WINDOW.min]!, power) &&
      isWhole(cells[slot + WINDOW.max]!, power)
    )
      return decimals;
  }
  return NOT_DECIMAL;
}

/** Whether division by the power gives the value back, bit for bit. A zero with a sign never comes here. */
function isWhole(value: number, power: number): boolean {
  const whole = Math.round(value * power);
  return whole / power === value && whole <= MOST_WHOLE && whole >= -MOST_WHOLE;
}

/** The first value and how far the others are from it. */
function writeDecimals(writer: ByteWriter, cells: Float64Array, slot: number, power: number): void {
  const first = Math.round(cells[slot + WINDOW.first]! * power);
  writer.signed(first);
  writer.signed(Math.round(cells[slot + WINDOW.last]! * power) - first);
  writer.varint(first - Math.round(cells[slot + WINDOW.min]! * power));
  writer.varint(Math.round(cells[slot + WINDOW.max]! * power) - first);
}

/** Returns the flags. */
function readNumbers(reader: ByteReader, cells: Float64Array, slot: number): number {
  const flags = reader.byte();
  const decimals = flags & NOT_DECIMAL;
  reader.require(decimals < POWERS.length || decimals === NOT_DECIMAL, 'too many decimals');
  if (decimals === NOT_DECIMAL) for (const cell of VALUES) cells[slot + cell] = reader.float64();
  else {
    const power = POWERS[decimals]!;
    const first = reader.signed();
    cells[slot + WINDOW.first] = first / power;
    cells[slot + WINDOW.last] = (first + reader.signed()) / power;
    cells[slot + WINDOW.min] = (first - reader.varint()) / power;
    cells[slot + WINDOW.max] = (first + reader.varint()) / power;
  }
  reader.shortFloats(cells, slot + WINDOW.sum, 2 * SUM_CELLS);
  return flags;
}

function readSpill(reader: ByteReader): bigint {
  const digits = reader.text();
  reader.require(/^-?\d{1,700}$/.test(digits), 'a sum is not a number');
  return BigInt(digits);
}
