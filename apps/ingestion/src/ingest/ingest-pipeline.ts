import { Inject, Injectable, Logger, type OnApplicationShutdown, type OnModuleInit } from '@nestjs/common';
import { LIMITS, TOPICS } from '@tidewatch/contracts';
import { beginSend, LogUnavailableError, MESSAGE_LOG, type MessageLog } from '@tidewatch/messaging';
import { Readiness, SERVICE_CONFIG, Shutdown } from '@tidewatch/service-kit';
import type { Span } from '@tidewatch/tracing';
import { BlockBatcher } from '../batching/block-batcher';
import type { IngestionConfig } from '../config';
import { SeriesCatalog } from '../requests/series-catalog';
import { batcherMetrics } from './batcher-metrics';

const RETRY_MS = 1_000;
/** Under the five seconds in which a request is answered, whatever the log does. */
const ANSWER_DEADLINE_MS = 4_700;

interface Parts {
  readonly catalog: SeriesCatalog;
  readonly batcher: BlockBatcher;
}

/** What stands between parser and log. It exists once the log has told how many partitions there are. */
@Injectable()
export class IngestPipeline implements OnModuleInit, OnApplicationShutdown {
  private readonly logger = new Logger(IngestPipeline.name);
  private parts: Parts | undefined;
  private retry: NodeJS.Timeout | undefined;
  private opening: Promise<void> | undefined;

  constructor(
    @Inject(MESSAGE_LOG) private readonly log: MessageLog,
    @Inject(SERVICE_CONFIG) private readonly config: IngestionConfig,
    private readonly readiness: Readiness,
    private readonly shutdown: Shutdown,
  ) {}

  async onModuleInit(): Promise<void> {
    this.readiness.add('log', async () => {
      this.get();
      await this.log.ping();
    });
    this.shutdown.add('flush', 'batcher', () => this.flush());
    await this.open();
  }

  /** After the phases of `Shutdown` and after the control events, which come from the same log. */
  async onApplicationShutdown(): Promise<void> {
    await this.log.close();
  }

  /** Throws `LogUnavailableError` while the log has not been reached for the first time. */
  get(): Parts {
    if (this.parts === undefined) throw new LogUnavailableError('The log has not been reached yet.');
    return this.parts;
  }

  /** The step of a traced request from here to the acknowledgement of its readings. */
  beginSend(parent: Span): Span {
    return beginSend(parent, this.config.MESSAGE_LOG, TOPICS.readings);
  }

  /** The log may be away when the service starts: it is then alive and not ready, and tries again. */
  private async open(): Promise<void> {
    try {
      const partitions = await this.log.partitionCount(TOPICS.readings);
      this.parts = {
        catalog: new SeriesCatalog(partitions),
        batcher: new BlockBatcher(this.log, this.batcherOptions(partitions), batcherMetrics),
      };
    } catch (error) {
      this.logger.warn({ err: error, msg: `the log cannot be used yet, trying again in ${RETRY_MS} ms` });
      this.retry = setTimeout(() => {
        this.opening = this.open();
      }, RETRY_MS);
    }
  }

  private async flush(): Promise<void> {
    clearTimeout(this.retry);
    await this.opening;
    clearTimeout(this.retry);
    await this.parts?.batcher.close();
  }

  private batcherOptions(partitions: number) {
    return {
      partitions,
      flushIntervalMs: this.config.FLUSH_INTERVAL_MS,
      flushReadings: this.config.FLUSH_READINGS,
      maxPendingBytes: this.config.MAX_PENDING_BYTES,
      maxBlockBytes: LIMITS.blockBytes,
      // One with the log and one ready behind it: the log is never idle, and later flushes grow.
      maxAppends: 2,
      deadlineMs: ANSWER_DEADLINE_MS,
    };
  }
}
