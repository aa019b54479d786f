import { BlockFormatError } from './errors';
import { WIRE } from './block-wire';

// `ignoreBOM` keeps a byte order mark as the character which it is here.
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A cursor over Protobuf bytes. Each method throws `BlockFormatError` rather than read past `end`. */
export class BlockReader {
  constructor(
    readonly bytes: Uint8Array,
    public at: number,
    public end: number,
  ) {}

  /** An unsigned number of at most 32 bits: all that tags and lengths need. */
  uint32(): number {
    let value = 0;
    for (let factor = 1; factor <= 2 ** 28; factor *= 0x80) {
      const byte = this.byte();
      value += (byte & 0x7f) * factor;
      if (byte < 0x80) {
        if (value >= 2 ** 32) break;
        return value;
      }
    }
    throw new BlockFormatError('A length or tag is wider than 32 bits.');
  }

  /** Reads a length prefix and returns the end of what follows. */
  endOfDelimited(): number {
    return this.endAfter(this.uint32());
  }

  text(): string {
    const end = this.endOfDelimited();
    const slice = this.bytes.subarray(this.at, end);
    this.at = end;
    try {
      return utf8.decode(slice);
    } catch (cause) {
      throw new BlockFormatError('A string is not UTF-8.', { cause });
    }
  }

  /** Takes the payload of a column's field: a packed run, or one element of `width` bytes. */
  run(wireType: number, width: 4 | 8): Uint8Array {
    const single = width === 4 ? WIRE.fixed32 : WIRE.fixed64;
    if (wireType !== single) requireWireType(wireType, WIRE.lengthDelimited);
    const end = wireType === single ? this.endAfter(width) : this.endOfDelimited();
    if ((end - this.at) % width !== 0) throw new BlockFormatError('A column ends within an element.');
    const run = this.bytes.subarray(this.at, end);
    this.at = end;
    return run;
  }

  /** Steps over a field that this version does not know. Groups, which proto3 does not have, are refused. */
  skip(tagOfField: number): void {
    if (tagOfField >>> 3 === 0) throw new BlockFormatError('A field has the number 0.');
    const wireType = tagOfField & 7;
    if (wireType === WIRE.varint) this.skipVarint();
    else if (wireType === WIRE.fixed64) this.at = this.endAfter(8);
    else if (wireType === WIRE.fixed32) this.at = this.endAfter(4);
    else if (wireType === WIRE.lengthDelimited) this.at = this.endOfDelimited();
    else throw new BlockFormatError(`Wire type ${wireType} is not supported.`);
  }

  private skipVarint(): void {
    for (let i = 0; i < 10; i++) {
      if (this.byte() < 0x80) return;
    }
    throw new BlockFormatError('A varint is longer than ten bytes.');
  }

  private endAfter(length: number): number {
    const end = this.at + length;
    if (end > this.end) throw new BlockFormatError('The block is truncated.');
    return end;
  }

  private byte(): number {
    if (this.at >= this.end) throw new BlockFormatError('The block is truncated.');
    return this.bytes[this.at++]!;
  }
}

export function requireWireType(actual: number, expected: number): void {
  if (actual !== expected) throw new BlockFormatError('A known field has another wire type.');
}
