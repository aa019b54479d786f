import type { DeviceGroup } from '@tidewatch/contracts';
import type { ByteReader, ByteWriter } from '../state/bytes';
import { openFrame, writeFrame } from '../state/frame';

/** State of a group: a frame of this version with the fields below and the windows. Versions from `LOWEST_VERSION` on are those of groups. */
const GROUP_VERSION = 0x82;
const LOWEST_VERSION = 0x81;

export interface GroupFields {
  readonly key: DeviceGroup;
  readonly watermark: number;
  readonly lowest: number;
  readonly advances: number;
}

/** `writeRest` writes what follows the fields. The result is a view of the writer's buffer. */
export function writeGroup(writer: ByteWriter, fields: GroupFields, writeRest: () => void): Uint8Array {
  return writeFrame(writer, GROUP_VERSION, () => {
    writer.text(fields.key.tag);
    writer.text(fields.key.value);
    writer.text(fields.key.metric);
    writer.float64(fields.watermark);
    writer.float64(fields.lowest);
    writer.varint(fields.advances);
    writeRest();
  });
}

/** Whether a state is one of a group, of whichever version. */
export function isOfGroup(state: Uint8Array): boolean {
  return state[0]! >= LOWEST_VERSION;
}

/** The fields, and a reader that stands behind them. Throws `SnapshotError`. */
export function readGroup(state: Uint8Array): { fields: GroupFields; reader: ByteReader } {
  const reader = openFrame(state, GROUP_VERSION);
  const key = { tag: reader.text(), value: reader.text(), metric: reader.text() };
  const fields = { key, watermark: reader.float64(), lowest: reader.float64(), advances: reader.varint() };
  return { fields, reader };
}
