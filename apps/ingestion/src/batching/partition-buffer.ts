import { HEADERS, LIMITS } from '@tidewatch/contracts';
import type { LogRecord } from '@tidewatch/messaging';
import { recordHeaders, type TraceContext } from '@tidewatch/tracing';
import {
  encodeBlock,
  ENCODED_COLUMNS_OVERHEAD,
  ENCODED_ROW_LENGTH,
  ReadingBatchBuilder,
} from '@tidewatch/readings';
import type { CatalogSeries } from '../requests/series-catalog';

/** Where readings came from. */
export interface Origin {
  readonly receivedAtMs: number;
  readonly requestId: string;
  /** Of a request that is traced: what the record has to tell. */
  readonly trace?: TraceContext | undefined;
}

/** A record for the log, and how many readings it holds. */
export interface Block {
  readonly record: LogRecord;
  readonly readings: number;
}

/** An entry of the dictionary is at most this long: device, metric and tags with all names at their limit, and their heads. */
const LONGEST_ROW = ENCODED_ROW_LENGTH + (LIMITS.nameBytes + 8) * (2 + 2 * LIMITS.tagsPerReading);

/** Readings of one partition which wait for the next flush, as blocks below the limit of a record. */
export class PartitionBuffer {
  private readonly builder = new ReadingBatchBuilder();
  private builderBytes = ENCODED_COLUMNS_OVERHEAD;
  private sealed: Block[] = [];
  private rows = 0;
  private oldestMs = 0;
  /** Id of the request of all rows in the builder; null when they are of several. */
  private requestId: string | null = null;
  /** That of the latest row in the builder. */
  private origin: Origin | undefined;
  private traces: TraceContext[] = [];

  constructor(
    private readonly partition: number,
    private readonly maxBlockBytes: number,
  ) {}

  /** Readings since the last `drain`. */
  get length(): number {
    return this.rows;
  }

  /** Adds a row and returns by how many bytes the blocks grew. */
  append(series: CatalogSeries, timeUs: number, value: number): number {
    const seriesBefore = this.builder.seriesCount;
    this.builder.append(series.key, timeUs, value);
    const isNew = this.builder.seriesCount > seriesBefore;
    const bytes = ENCODED_ROW_LENGTH + (isNew ? series.encodedLength : 0);
    this.builderBytes += bytes;
    this.rows += 1;
    return bytes;
  }

  /** To be called after each `append`, with the origin of the row: notes it, and closes a block that is full. */
  mark(origin: Origin): void {
    if (origin !== this.origin) this.enter(origin);
    if (this.builderBytes + LONGEST_ROW > this.maxBlockBytes) this.seal();
  }

  /** Moves the blocks out, in order. */
  drain(into: Block[]): void {
    this.seal();
    into.push(...this.sealed);
    this.sealed = [];
    this.rows = 0;
  }

  /** The first row of a request in the builder. */
  private enter(origin: Origin): void {
    if (this.origin === undefined) {
      this.oldestMs = origin.receivedAtMs;
      this.requestId = origin.requestId;
    } else if (this.requestId !== origin.requestId) {
      this.requestId = null;
    }
    this.origin = origin;
    if (origin.trace !== undefined) this.traces.push(origin.trace);
  }

  private seal(): void {
    if (this.builder.length === 0) return;
    const batch = this.builder.view();
    const headers: Record<string, string> = { [HEADERS.receivedAtMs]: String(this.oldestMs) };
    if (this.requestId !== null) headers[HEADERS.requestId] = this.requestId;
    if (this.traces.length > 0) Object.assign(headers, recordHeaders(this.traces));
    this.sealed.push({
      record: {
        partition: this.partition,
        key: batch.series[0]!.device,
        value: encodeBlock(batch),
        headers,
      },
      readings: batch.value.length,
    });
    this.builder.clear();
    this.origin = undefined;
    this.traces = [];
    this.builderBytes = ENCODED_COLUMNS_OVERHEAD;
  }
}
