import { TOPICS } from '@tidewatch/contracts';
import { PoisonRecordError } from '../port/errors';
import type { ConsumedRecord, LogBatch, LogRecord, MessageLog } from '../port/log';
import type { PartitionRunnerOptions } from './partition-runner';

/** Headers that a dead letter has beside those of the original record. */
export const DEAD_LETTER_HEADERS = {
  reason: 'reason',
  detail: 'detail',
  topic: 'origin-topic',
  partition: 'origin-partition',
  offset: 'origin-offset',
} as const;

const OWN_HEADERS = new Set<string>(Object.values(DEAD_LETTER_HEADERS));
const MAX_DETAIL_LENGTH = 2_000;
/** Beyond what the platform writes. A record of somebody else that is larger must not be larger than a dead letter may be. */
const MAX_VALUE_BYTES = 1_500_000;
const MAX_HEADERS_LENGTH = 64_000;
/** Of a value that was cut. The whole of it stays at its origin for as long as that topic keeps it. */
const ORIGINAL_BYTES = 'original-bytes';

/** A record that could not be processed, with where it stood. Its identity is topic, partition and offset. */
export interface DeadLetterRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: bigint;
  readonly reason: string;
  readonly detail: string;
  /** The original bytes; of a value above 1.5 MB the first of them, and how many there were is the header `original-bytes`. */
  readonly value: Uint8Array;
  /** The original headers. */
  readonly headers: Readonly<Record<string, string>>;
  /** When it became a dead letter, milliseconds since the epoch. */
  readonly appendedAtMs: number;
}

/** The record for `dead-letters.v1`, on the source's partition modulo `partitions`. */
export function deadLetterRecord(
  source: { batch: Pick<LogBatch, 'topic' | 'partition'>; record: ConsumedRecord },
  fault: { reason: string; detail: string },
  partitions: number,
): LogRecord {
  const { batch, record } = source;
  return {
    partition: batch.partition % partitions,
    key: `${batch.topic}/${batch.partition}`,
    value: record.value.subarray(0, MAX_VALUE_BYTES),
    headers: {
      ...originalHeaders(record),
      [DEAD_LETTER_HEADERS.reason]: fault.reason,
      [DEAD_LETTER_HEADERS.detail]: fault.detail.slice(0, MAX_DETAIL_LENGTH),
      [DEAD_LETTER_HEADERS.topic]: batch.topic,
      [DEAD_LETTER_HEADERS.partition]: String(batch.partition),
      [DEAD_LETTER_HEADERS.offset]: record.offset.toString(),
    },
  };
}

function originalHeaders({ headers, value }: ConsumedRecord): Record<string, string> {
  const length = Object.entries(headers).reduce((sum, [name, text]) => sum + name.length + text.length, 0);
  return {
    ...(length <= MAX_HEADERS_LENGTH ? headers : {}),
    ...(value.length > MAX_VALUE_BYTES ? { [ORIGINAL_BYTES]: String(value.length) } : {}),
  };
}

/** What a `PartitionRunner` does with records that nobody can process: they go to `dead-letters.v1` of the same log. */
export function deadLetterAppender(
  log: Pick<MessageLog, 'append' | 'partitionCount'>,
): PartitionRunnerOptions['deadLetter'] {
  return async (batch, record, reason, detail) => {
    const partitions = await log.partitionCount(TOPICS.deadLetters);
    const letter = deadLetterRecord({ batch, record }, { reason, detail }, partitions);
    await log.append(TOPICS.deadLetters, [letter]);
  };
}

/** Reads a record of `dead-letters.v1`. Throws `PoisonRecordError` when it doesn't say where it comes from. */
export function parseDeadLetter(record: ConsumedRecord): DeadLetterRecord {
  const { headers } = record;
  const topic = headers[DEAD_LETTER_HEADERS.topic];
  const partition = headers[DEAD_LETTER_HEADERS.partition] ?? '';
  const offset = headers[DEAD_LETTER_HEADERS.offset] ?? '';
  if (!topic || !/^[0-9]{1,9}$/.test(partition) || !/^[0-9]{1,18}$/.test(offset)) {
    throw new PoisonRecordError(record.offset, 'malformed-dead-letter', 'its origin headers are missing');
  }
  return {
    topic,
    partition: Number(partition),
    offset: BigInt(offset),
    reason: headers[DEAD_LETTER_HEADERS.reason] ?? 'unknown',
    detail: headers[DEAD_LETTER_HEADERS.detail] ?? '',
    value: record.value,
    headers: Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN_HEADERS.has(name))),
    appendedAtMs: record.appendedAtMs,
  };
}
