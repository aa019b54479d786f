/**
 * Bytes which are not a well-formed `ReadingBlock`, or a batch which cannot be one. A fault of the data, never of the
 * surroundings: it extends `RangeError`, so a consumer that does not know it treats it as such, too.
 */
export class BlockFormatError extends RangeError {
  override readonly name = 'BlockFormatError';
}
