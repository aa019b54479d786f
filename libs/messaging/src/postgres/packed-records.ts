import type { LogRecord } from '../port/log';
import type { PendingAppend } from './appender';

/**
 * One statement, and so one round trip and one transaction, for any number of records.
 * - `locked` takes the partitions' rows in one order for all writers, so writers can't deadlock.
 * - `moved` gives each partition its range of offsets. The rows stay locked until the commit: offsets become visible in
 *   order and without holes, and the times of a partition never run backwards.
 * - Values travel as one binary parameter and are cut out on the server, because arrays of bytea would go as text.
 */
export const APPEND = `
  WITH wanted AS (
    SELECT * FROM unnest($1::text[], $2::int[], $3::int[]) WITH ORDINALITY AS t (topic, partition, records, slot)
  ), locked AS MATERIALIZED (
    SELECT p.topic, p.partition
    FROM log_partitions p JOIN wanted USING (topic, partition)
    ORDER BY p.topic, p.partition
    FOR NO KEY UPDATE OF p
  ), moved AS (
    UPDATE log_partitions p SET next_offset = p.next_offset + w.records
    FROM wanted w JOIN locked USING (topic, partition)
    WHERE p.topic = w.topic AND p.partition = w.partition
    RETURNING w.slot, p.topic, p.partition, p.next_offset - w.records AS base, clock_timestamp() AS moved_at
  )
  INSERT INTO log_records (topic, partition, log_offset, key, headers, value, appended_at)
  SELECT m.topic, m.partition, m.base + r.rank,
    substring($4::bytea FROM r.at + 1 FOR r.key_bytes),
    convert_from(substring($4::bytea FROM r.at + r.key_bytes + 1 FOR r.header_bytes), 'UTF8'),
    substring($4::bytea FROM r.at + r.key_bytes + r.header_bytes + 1 FOR r.value_bytes),
    m.moved_at
  FROM unnest($5::int[], $6::int[], $7::int[], $8::int[], $9::int[], $10::int[])
    AS r (slot, rank, at, key_bytes, header_bytes, value_bytes)
  JOIN moved m ON m.slot = r.slot`;

export interface PackedRecords {
  readonly topics: readonly string[];
  readonly count: number;
  /** Parameters of `APPEND`. */
  readonly values: unknown[];
}

/** Packs the records of some calls, in order, into the parameters of `APPEND`. */
export function packRecords(appends: readonly PendingAppend[]): PackedRecords {
  const packing = new Packing();
  for (const { topic, records } of appends) for (const record of records) packing.add(topic, record);
  return packing.finish();
}

class Packing {
  private readonly slots = new Map<string, number>();
  private readonly topics: string[] = [];
  private readonly partitions: number[] = [];
  private readonly counts: number[] = [];
  private readonly chunks: Uint8Array[] = [];
  private readonly columns: number[][] = [[], [], [], [], [], []];
  private at = 0;

  add(topic: string, record: LogRecord): void {
    const slot = this.slotOf(topic, record.partition);
    const key = Buffer.from(record.key, 'utf8');
    const headers = Buffer.from(JSON.stringify(record.headers ?? {}), 'utf8');
    const row = [slot, this.counts[slot - 1]!, this.at, key.length, headers.length, record.value.length];
    row.forEach((cell, column) => this.columns[column]!.push(cell));
    this.counts[slot - 1]! += 1;
    this.chunks.push(key, headers, record.value);
    this.at += key.length + headers.length + record.value.length;
  }

  finish(): PackedRecords {
    return {
      topics: this.topics,
      count: this.columns[0]!.length,
      values: [
        this.topics,
        this.partitions,
        this.counts,
        Buffer.concat(this.chunks, this.at),
        ...this.columns,
      ],
    };
  }

  /** Slots count from 1, as SQL's ordinality does. */
  private slotOf(topic: string, partition: number): number {
    const name = `${partition}/${topic}`;
    let slot = this.slots.get(name);
    if (slot === undefined) {
      slot = this.topics.push(topic);
      this.partitions.push(partition);
      this.counts.push(0);
      this.slots.set(name, slot);
    }
    return slot;
  }
}
