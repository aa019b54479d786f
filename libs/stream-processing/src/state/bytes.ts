import { readShortFloat, SnapshotError, writeShortFloat } from '@tidewatch/anomaly-detection';

const utf8Encoder = new TextEncoder();
const utf8Decoder = new TextDecoder('utf-8', { fatal: true });

/** That `writeInt` writes. */
export const MOST_INT_BYTES = 5;

/** LEB128 of a whole number below 2^31, not negative. Returns where it ends. */
export function writeInt(buffer: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  while (rest >= 0x80) {
    buffer[at++] = rest | 0x80;
    rest >>>= 7;
  }
  buffer[at++] = rest;
  return at;
}

/** Appends to a buffer that grows. */
export class ByteWriter {
  /** Replaced when it grows, by `reserve` only. Whoever has many bytes to write may write them here, from `length` on, and tell `end` where they end. */
  buffer = new Uint8Array(1024);
  private view = new DataView(this.buffer.buffer);
  private at = 0;

  get length(): number {
    return this.at;
  }

  clear(): void {
    this.at = 0;
  }

  /** What was written since `from`, as a view that the next write may overwrite. */
  written(from = 0): Uint8Array {
    return this.buffer.subarray(from, this.at);
  }

  byte(value: number): void {
    this.reserve(1);
    this.buffer[this.at++] = value;
  }

  uint32(value: number): void {
    this.reserve(4);
    this.view.setUint32(this.at, value, true);
    this.at += 4;
  }

  float64(value: number): void {
    this.reserve(8);
    this.view.setFloat64(this.at, value, true);
    this.at += 8;
  }

  /** LEB128 of a whole number from 0 to 2^53 - 1. */
  varint(value: number): void {
    this.reserve(8);
    let rest = value;
    while (rest >= 0x8000_0000) {
      this.buffer[this.at++] = (rest % 128) | 0x80;
      rest = Math.floor(rest / 128);
    }
    while (rest >= 0x80) {
      this.buffer[this.at++] = (rest & 0x7f) | 0x80;
      rest >>>= 7;
    }
    this.buffer[this.at++] = rest;
  }

  /** A whole number from -2^52 to 2^52: `varint` of its double, or of one less than that of a negative one. */
  signed(value: number): void {
    this.varint(value < 0 ? -value * 2 - 1 : value * 2);
  }

  /** Numbers of an array without the zero bytes that they end in: half a byte for each says how many are left, then these follow. */
  shortFloats(values: Float64Array, from: number, count: number): void {
    const sizes = this.at;
    let at = sizes + ((count + 1) >> 1);
    this.reserve(at - sizes + count * 8);
    const { buffer, view } = this;
    for (let i = 0; i < count; i++) {
      const bytes = writeShortFloat(view, at, values[from + i]!);
      const place = sizes + (i >> 1);
      buffer[place] = i & 1 ? buffer[place]! | (bytes << 4) : bytes;
      at += bytes;
    }
    this.at = at;
  }

  bytes(value: Uint8Array): void {
    this.varint(value.length);
    this.reserve(value.length);
    this.buffer.set(value, this.at);
    this.at += value.length;
  }

  /** Most names are short and ASCII: those are written without the encoder and its copy. */
  text(value: string): void {
    const { length } = value;
    if (length < 0x80) {
      this.reserve(length + 1);
      const { buffer, at } = this;
      let seen = 0;
      for (let i = 0; i < length; i++) {
        const code = value.charCodeAt(i);
        buffer[at + 1 + i] = code;
        seen |= code;
      }
      if (seen < 0x80) {
        buffer[at] = length;
        this.at = at + 1 + length;
        return;
      }
    }
    this.bytes(utf8Encoder.encode(value));
  }

  /** What was written since `length` came to be there. */
  end(at: number): void {
    this.at = at;
  }

  /** In the place of what is there. */
  uint32At(at: number, value: number): void {
    this.view.setUint32(at, value, true);
  }

  /** Makes room for so many bytes. */
  reserve(count: number): void {
    if (this.at + count <= this.buffer.length) return;
    const larger = new Uint8Array(Math.max(this.buffer.length * 2, this.at + count));
    larger.set(this.buffer);
    this.buffer = larger;
    this.view = new DataView(larger.buffer);
  }
}

/** Every method throws `SnapshotError` where the bytes end too soon or make no sense. */
export class ByteReader {
  private readonly view: DataView;
  private at = 0;

  constructor(private readonly buffer: Uint8Array) {
    this.view = new DataView(buffer.buffer, buffer.byteOffset, buffer.byteLength);
  }

  get done(): boolean {
    return this.at === this.buffer.length;
  }

  require(condition: boolean, fault: string): void {
    if (!condition) throw new SnapshotError(`damaged state at byte ${this.at}: ${fault}`);
  }

  byte(): number {
    return this.buffer[this.take(1)]!;
  }

  uint32(): number {
    return this.view.getUint32(this.take(4), true);
  }

  float64(): number {
    return this.view.getFloat64(this.take(8), true);
  }

  varint(): number {
    let value = 0;
    for (let scale = 1; scale <= 2 ** 49; scale *= 128) {
      const byte = this.byte();
      value += (byte & 0x7f) * scale;
      if (byte < 0x80) {
        this.require(value <= Number.MAX_SAFE_INTEGER, 'a number is too large');
        return value;
      }
    }
    throw new SnapshotError(`damaged state at byte ${this.at}: a number is too long`);
  }

  signed(): number {
    const code = this.varint();
    return code % 2 === 0 ? code / 2 : -(code + 1) / 2;
  }

  shortFloats(into: Float64Array, from: number, count: number): void {
    const sizes = this.take((count + 1) >> 1);
    for (let i = 0; i < count; i++) {
      const bytes = (this.buffer[sizes + (i >> 1)]! >> ((i & 1) * 4)) & 0xf;
      this.require(bytes <= 8, 'a number is too long');
      into[from + i] = readShortFloat(this.buffer, this.take(bytes), bytes);
    }
  }

  bytes(): Uint8Array {
    const length = this.varint();
    const start = this.take(length);
    return this.buffer.subarray(start, start + length);
  }

  text(): string {
    try {
      return utf8Decoder.decode(this.bytes());
    } catch (error) {
      throw new SnapshotError(`damaged state at byte ${this.at}: not UTF-8`, { cause: error });
    }
  }

  private take(count: number): number {
    const start = this.at;
    this.require(start + count <= this.buffer.length, 'it ends too soon');
    this.at = start + count;
    return start;
  }
}
