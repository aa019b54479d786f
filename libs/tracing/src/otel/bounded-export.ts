import type { Context } from '@opentelemetry/api';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import {
  BatchSpanProcessor,
  type ReadableSpan,
  type Span,
  type SpanExporter,
  type SpanProcessor,
} from '@opentelemetry/sdk-trace';
import { spans as counter } from './metrics';

/** Spans that wait for the collector; about a kilobyte each. */
const MAX_WAITING = 2_048;
const MAX_EXPORT = 512;
const EXPORT_DELAY_MS = 2_000;
/** Longer than the exporter itself takes, so that never more than one export is on its way. */
const EXPORT_TIMEOUT_MS = 10_000;

export interface ExportLogger {
  info(message: string): void;
  warn(message: string): void;
}

/** The batches of the SDK, with what becomes of each span counted, and a line in the log when the collector goes or comes. */
export class BoundedExport implements SpanProcessor {
  private readonly batches: BatchSpanProcessor;
  private waiting = 0;
  private isFailing = false;

  constructor(
    private readonly exporter: SpanExporter,
    private readonly logger: ExportLogger,
  ) {
    this.batches = new BatchSpanProcessor({
      exporter: {
        export: (spans, done) => this.export(spans, done),
        shutdown: () => exporter.shutdown(),
      },
      maxQueueSize: MAX_WAITING,
      maxExportBatchSize: MAX_EXPORT,
      scheduledDelayMillis: EXPORT_DELAY_MS,
      exportTimeoutMillis: EXPORT_TIMEOUT_MS,
    });
  }

  onStart(span: Span, parent: Context): void {
    this.batches.onStart(span, parent);
  }

  onEnd(span: ReadableSpan): void {
    // The SDK would drop it as well, and say nothing.
    if (this.waiting >= MAX_WAITING) {
      counter.inc({ outcome: 'dropped' });
      return;
    }
    this.waiting += 1;
    this.batches.onEnd(span);
  }

  forceFlush(): Promise<void> {
    return this.batches.forceFlush();
  }

  shutdown(): Promise<void> {
    return this.batches.shutdown();
  }

  private export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.waiting -= spans.length;
    this.exporter.export(spans, (result) => {
      const isDone = result.code === ExportResultCode.SUCCESS;
      counter.inc({ outcome: isDone ? 'exported' : 'failed' }, spans.length);
      this.tell(isDone, result.error);
      done(result);
    });
  }

  private tell(isDone: boolean, error: Error | undefined): void {
    if (isDone === !this.isFailing) return;
    this.isFailing = !isDone;
    if (isDone) {
      this.logger.info('traces are sent again');
    } else {
      const reason = error?.message ?? 'no reason given';
      this.logger.warn(`traces cannot be sent, and are dropped until the collector takes them: ${reason}`);
    }
  }
}
