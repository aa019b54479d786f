import type { BatchSpans, Tracer } from '@tidewatch/tracing';
import type { MessagingOptions } from '../options';
import type {
  LogBatch,
  LogConsumer,
  LogRecord,
  MessageLog,
  PartitionHandler,
  Subscription,
  Tail,
} from '../port/log';
import { beginProcess } from './message-spans';

type BeginProcess = (consumer: string, batch: LogBatch) => BatchSpans | undefined;

/** A log whose handlers are spans of the traces that their records continue. */
export class TracedLog implements MessageLog {
  private readonly begin: BeginProcess;

  constructor(
    private readonly log: MessageLog,
    tracer: Tracer,
    driver: MessagingOptions['driver'],
  ) {
    this.begin = (consumer, batch) => beginProcess(tracer, driver, { consumer, batch });
  }

  consume(subscription: Subscription): LogConsumer {
    return this.log.consume({
      ...subscription,
      open: async (claim) =>
        new TracedHandler(await subscription.open(claim), this.begin, subscription.consumer),
    });
  }

  /** The past of a tail is no part of what was asked for then. */
  tail(tail: Tail): LogConsumer {
    if (tail.sinceMs > 0) return this.log.tail(tail);
    const handle = (batch: LogBatch) =>
      handleTraced(batch, this.begin(tail.name, batch), (traced) => tail.handle(traced));
    return this.log.tail({ ...tail, handle });
  }

  partitionCount(topic: string): Promise<number> {
    return this.log.partitionCount(topic);
  }

  endOffset(topic: string, partition: number): Promise<bigint> {
    return this.log.endOffset(topic, partition);
  }

  append(topic: string, records: readonly LogRecord[]): Promise<void> {
    return this.log.append(topic, records);
  }

  ping(): Promise<void> {
    return this.log.ping();
  }

  close(): Promise<void> {
    return this.log.close();
  }
}

class TracedHandler implements PartitionHandler {
  constructor(
    private readonly handler: PartitionHandler,
    private readonly begin: BeginProcess,
    private readonly consumer: string,
  ) {}

  handle(batch: LogBatch): Promise<void> {
    return handleTraced(batch, this.begin(this.consumer, batch), (traced) => this.handler.handle(traced));
  }

  async tick(): Promise<void> {
    await this.handler.tick?.();
  }

  close(): Promise<void> {
    return this.handler.close();
  }
}

async function handleTraced(
  batch: LogBatch,
  spans: BatchSpans | undefined,
  handle: (batch: LogBatch) => void | Promise<void>,
): Promise<void> {
  if (spans === undefined) {
    await handle(batch);
    return;
  }
  try {
    await handle({ ...batch, spans });
  } catch (error) {
    spans.fail(error);
    throw error;
  } finally {
    spans.end();
  }
}
