/** Reads the primitive types of Kafka's protocol, in order. Throws `RangeError` behind the end. */
export class WireReader {
  private at = 0;

  constructor(private readonly bytes: Buffer) {}

  int16(): number {
    return this.take(2).readInt16BE();
  }

  int32(): number {
    return this.take(4).readInt32BE();
  }

  unsignedVarint(): number {
    let value = 0;
    for (let shift = 0; shift < 35; shift += 7) {
      const byte = this.take(1)[0]!;
      value += (byte & 0x7f) * 2 ** shift;
      if (byte < 0x80) return value;
    }
    throw new RangeError('a number of more than five bytes');
  }

  /** A COMPACT_STRING or COMPACT_NULLABLE_STRING; null is the empty one. */
  compactString(): string {
    const length = this.unsignedVarint();
    return length === 0 ? '' : this.take(length - 1).toString('utf8');
  }

  /** 32 hexadecimal digits. */
  uuid(): string {
    return this.take(16).toString('hex');
  }

  skipTaggedFields(): void {
    for (let fields = this.unsignedVarint(); fields > 0; fields--) {
      this.unsignedVarint();
      this.take(this.unsignedVarint());
    }
  }

  private take(length: number): Buffer {
    const end = this.at + length;
    if (end > this.bytes.length) throw new RangeError('the answer ends early');
    const part = this.bytes.subarray(this.at, end);
    this.at = end;
    return part;
  }
}
