import type { Batch, IHeaders, KafkaMessage } from 'kafkajs';
import type { ConsumedRecord, LogBatch } from '../port/log';

const NOTHING = Buffer.alloc(0);

/**
 * The records of a fetched batch from `position` on, in parts of at most `maxBytes` (or one larger record). A broker hands out whole
 * record batches as the producer sent them, which may be more than the consumer asked for. Empty when all of it is before `position`.
 */
export function toLogBatches(batch: Batch, position: bigint, maxBytes: number): LogBatch[] {
  const { topic, partition } = batch;
  const highWatermark = BigInt(batch.highWatermark);
  const parts: LogBatch[] = [];
  let records: ConsumedRecord[] = [];
  let bytes = 0;
  const endPart = (nextOffset: bigint): void => {
    parts.push({ topic, partition, records, nextOffset, highWatermark });
    records = [];
    bytes = 0;
  };
  for (const message of batch.messages) {
    const record = toRecord(message);
    if (record.offset < position) continue;
    if (records.length > 0 && bytes + record.value.length > maxBytes) endPart(record.offset);
    records.push(record);
    bytes += record.value.length;
  }
  if (records.length > 0) endPart(BigInt(batch.lastOffset()) + 1n);
  return parts;
}

function toRecord({ offset, key, value, headers, timestamp }: KafkaMessage): ConsumedRecord {
  return {
    offset: BigInt(offset),
    key: key?.toString('utf8') ?? '',
    value: value ?? NOTHING,
    headers: headers ? toHeaders(headers) : {},
    appendedAtMs: Number(timestamp),
  };
}

/** Of a header that occurs more than once, the last. One without a value (which the types of kafkajs don't know) is left out. */
function toHeaders(headers: IHeaders): Record<string, string> {
  const texts: Record<string, string> = {};
  for (const [name, value] of Object.entries(headers)) {
    const last = Array.isArray(value) ? value.at(-1) : value;
    if (last != null) texts[name] = last.toString();
  }
  return texts;
}
