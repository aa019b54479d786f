import {
  type Episode,
  restoreEpisode,
  snapshotEpisode,
  type ToldEpisode,
} from '@tidewatch/anomaly-detection';
import type { ByteReader, ByteWriter } from '../state/bytes';
import type { EpisodesSnapshot } from './episode-store';
import { OrderedReadings } from './ordered-readings';

/** Readings that are kept to be judged again. */
export const MOST_KEPT = 1_024;
export const READING_BYTES = 16;
/** About. */
const EPISODE_BYTES = 1_024;

/** The judges of a series and its episodes as they were after the reading at `timeUs`. */
export interface Snapshot {
  readonly timeUs: number;
  readonly judges: Uint8Array;
  readonly episodes: EpisodesSnapshot;
}

/** What is kept of one series, so that late readings can be put where they belong and all since then be judged again. */
export class History {
  /** Of these readings, which are all since `base`, some may not be judged yet: those that came late. */
  readings = new OrderedReadings();
  /** A later snapshot, from which to go on when `base` is older than any late reading may be. */
  next: Snapshot | undefined;
  /** Of the readings those after `next`, or all where there is none. */
  sinceNext = 0;
  /** What was told and does not go on, as far as it may have been decided otherwise by late readings. */
  told: ToldEpisode[] = [];
  /** The newest reading that came late and was not judged yet; -Infinity where all are judged. */
  lateUs = -Infinity;
  /** The log's time when late readings were judged last. */
  judgedMs = 0;

  /** `settings` are those by which its readings are judged. */
  constructor(
    readonly settings: string,
    public base: Snapshot,
  ) {}

  get isStale(): boolean {
    return this.lateUs > -Infinity;
  }

  /** About, and the same after a restart. */
  get bytes(): number {
    const { base, next, readings, told } = this;
    const snapshots = bytesOf(base) + (next === undefined ? 0 : bytesOf(next));
    return snapshots + readings.count * READING_BYTES + told.length * EPISODE_BYTES;
  }

  /** A reading that was just judged, after all others. */
  append(time: number, value: number): void {
    this.readings.insert(time, value);
    this.sinceNext += 1;
  }

  /** A reading after `base` that came too late to be judged in order. */
  insertLate(time: number, value: number): void {
    this.readings.insert(time, value);
    if (time > this.lateUs) this.lateUs = time;
    if (this.next !== undefined && time < this.next.timeUs) {
      this.next = undefined;
      this.sinceNext = this.readings.count;
    } else this.sinceNext += 1;
  }

  /** Nothing before `base` can change any more. */
  advance(base: Snapshot): void {
    this.base = base;
    this.readings.drop(this.readings.countUntil(base.timeUs));
    this.next = undefined;
    this.sinceNext = this.readings.count;
    this.told = this.told.filter(({ decidedUs }) => decidedUs > base.timeUs);
  }

  write(writer: ByteWriter): void {
    writer.text(this.settings);
    writeSnapshot(this.base, writer);
    writer.byte(this.next === undefined ? 0 : 1);
    if (this.next !== undefined) writeSnapshot(this.next, writer);
    this.readings.write(writer);
    writer.varint(this.sinceNext);
    writer.float64(this.lateUs);
    writer.float64(this.judgedMs);
    writer.varint(this.told.length);
    for (const { episode, decidedUs, isWithdrawn } of this.told) {
      writer.bytes(snapshotEpisode(episode));
      writer.float64(decidedUs);
      writer.byte(isWithdrawn ? 1 : 0);
    }
  }

  /** Throws `SnapshotError`. */
  static read(reader: ByteReader): History {
    const history = new History(reader.text(), readSnapshot(reader));
    if (reader.byte() === 1) history.next = readSnapshot(reader);
    history.readings = OrderedReadings.read(reader, MOST_KEPT);
    history.sinceNext = reader.varint();
    history.lateUs = reader.float64();
    history.judgedMs = reader.float64();
    for (let left = reader.varint(); left > 0; left--) {
      const episode = restoreEpisode(reader.bytes());
      history.told.push({ episode, decidedUs: reader.float64(), isWithdrawn: reader.byte() === 1 });
    }
    return history;
  }
}

function bytesOf({ judges, episodes }: Snapshot): number {
  return judges.length + episodes.fields.length + episodes.open.length * EPISODE_BYTES;
}

function writeSnapshot({ timeUs, judges, episodes }: Snapshot, writer: ByteWriter): void {
  writer.float64(timeUs);
  writer.bytes(judges);
  writer.bytes(episodes.fields);
  writer.varint(episodes.open.length);
  for (const episode of episodes.open) writer.bytes(snapshotEpisode(episode));
}

/** Copies of its own: what is read is a view of all state. */
function readSnapshot(reader: ByteReader): Snapshot {
  const timeUs = reader.float64();
  const judges = reader.bytes().slice();
  const fields = reader.bytes().slice();
  const open: Episode[] = [];
  for (let left = reader.varint(); left > 0; left--) open.push(restoreEpisode(reader.bytes()));
  return { timeUs, judges, episodes: { fields, open } };
}
