import { crc32 } from 'node:zlib';
import { SnapshotError } from '@tidewatch/anomaly-detection';
import { ByteReader, type ByteWriter } from './bytes';

const HEADER_BYTES = 5;

/** Version (1 byte), CRC-32 of what follows (4), then what `writeBody` writes. The result is a view of the writer's buffer. */
export function writeFrame(writer: ByteWriter, version: number, writeBody: () => void): Uint8Array {
  const start = writer.length;
  writer.byte(version);
  writer.uint32(0);
  writeBody();
  writer.uint32At(start + 1, crc32(writer.written(start + HEADER_BYTES)));
  return writer.written(start);
}

/** A reader of the body of a frame of this version. Throws `SnapshotError`. */
export function openFrame(state: Uint8Array, version: number): ByteReader {
  if (state.length < HEADER_BYTES || state[0] !== version) {
    throw new SnapshotError(`state of an unknown version: ${state[0] ?? 'empty'}`);
  }
  const checksum = new ByteReader(state.subarray(1, HEADER_BYTES)).uint32();
  const body = state.subarray(HEADER_BYTES);
  if (crc32(body) !== checksum) throw new SnapshotError('damaged state: the checksum differs');
  return new ByteReader(body);
}
