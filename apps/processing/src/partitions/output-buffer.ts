import { TOPICS } from '@tidewatch/contracts';
import type { LogRecord, MessageLog } from '@tidewatch/messaging';
import {
  anomalyOf,
  type EpisodeReport,
  type HashedGroup,
  type HashedSeries,
  type PartialWindow,
  type StreamSink,
  type WindowValues,
} from '@tidewatch/stream-processing';
import * as metrics from '../metrics';
import { anomalyRecord, groupRecord, windowRecord } from './output-records';

/** Bounds of one append: far below what the log takes at once, so that partitions don't crowd each other out. */
const APPEND_RECORDS = 2_000;
const APPEND_BYTES = 1024 * 1024;

/** Holds the outputs of a batch until they are appended, in few calls. */
export class OutputBuffer implements StreamSink {
  private windows: LogRecord[] = [];
  private anomalies: LogRecord[] = [];
  /** How many of the windows are revisions. */
  private revised = 0;

  constructor(
    private readonly log: MessageLog,
    /** Of the readings. */
    private readonly partition: number,
    private readonly partitions: { readonly aggregates: number; readonly anomalies: number },
  ) {}

  /** Whether it is time to append, in the middle of a batch. */
  get isFull(): boolean {
    return this.windows.length + this.anomalies.length >= APPEND_RECORDS;
  }

  window(series: HashedSeries, values: Readonly<WindowValues>): void {
    if (values.revision > 0) this.revised += 1;
    this.windows.push(windowRecord(series, values, this.partitions.aggregates));
  }

  group(group: HashedGroup, window: PartialWindow): void {
    if (window.revision > 0) this.revised += 1;
    const place = { partition: this.partition, partitions: this.partitions.aggregates };
    this.windows.push(groupRecord(group, window, place));
  }

  episode(series: HashedSeries, report: EpisodeReport): void {
    const anomaly = anomalyOf(series, report);
    metrics.anomalies.inc({ event: report.event, severity: anomaly.severity });
    this.anomalies.push(anomalyRecord(anomaly, report.event, this.partitions.anomalies));
  }

  /** Resolves when the log has acknowledged everything held. */
  async flush(): Promise<void> {
    const { windows, anomalies, revised } = this;
    if (windows.length + anomalies.length === 0) return;
    this.revised = 0;
    this.windows = [];
    this.anomalies = [];
    await Promise.all([this.append(TOPICS.aggregates, windows), this.append(TOPICS.anomalies, anomalies)]);
    metrics.windows.inc({ kind: 'first' }, windows.length - revised);
    metrics.windows.inc({ kind: 'revised' }, revised);
  }

  private async append(topic: string, records: readonly LogRecord[]): Promise<void> {
    for (let start = 0; start < records.length;) {
      let end = start;
      for (let bytes = 0; end < records.length && end - start < APPEND_RECORDS; end++) {
        bytes += records[end]!.value.length;
        if (bytes > APPEND_BYTES && end > start) break;
      }
      await this.log.append(topic, records.slice(start, end));
      start = end;
    }
  }
}
