import { delay } from '../delivery/backoff';
import { describeError, type MessagingLogger } from '../logger';
import { offsetsGone } from '../metrics';
import type { Watermarks } from './kafka-admin';

const RETRY_DELAY_MS = 500;

export interface PlaceOptions {
  readonly consumer: string;
  readonly topic: string;
  readonly logger: MessagingLogger;
  readonly signal: AbortSignal;
  readonly watermarks: (topic: string) => Promise<Map<number, Watermarks>>;
}

/**
 * Compares where a consumer wants to go on with what the log holds, because kafkajs would go to the log's first record without a word
 * when it holds neither.
 */
export class PlaceCheck {
  /** Places that the log did not reach. When it has grown past one, the records before it are others than those that were read. */
  private readonly unreached = new Map<number, bigint>();

  constructor(private readonly options: PlaceOptions) {}

  /**
   * `wanted`, or the log's first record when `wanted` is gone (with an alarm: nothing can bring it back).
   * Undefined when the log ends before `wanted`: then it was replaced or cut, and to go on anywhere would skip records in silence.
   */
  async locate(partition: number, wanted: bigint): Promise<bigint | undefined> {
    // The end may have been read before the checkpoint was: the second look is younger than `wanted`.
    const first = await this.read(partition);
    const { low, high } = wanted > first.high ? await this.read(partition) : first;
    const { consumer, topic, logger } = this.options;
    if (wanted > high || this.unreached.get(partition) === wanted) {
      this.unreached.set(partition, wanted);
      logger.error(
        `${consumer}: ${topic}/${partition} ${wanted > high ? 'ends' : 'has grown since, and ended'} before the checkpoint ${wanted.toString()} (now at ${high.toString()}). ` +
          'Was the topic replaced? It is not read until the checkpoint is corrected.',
      );
      return undefined;
    }
    this.unreached.delete(partition);
    if (wanted >= low) return wanted;
    this.alarm(partition, wanted, low);
    return low;
  }

  /** Records from `expected` to before `found` are gone. */
  alarm(partition: number, expected: bigint, found: bigint): void {
    const { consumer, topic, logger } = this.options;
    const gone = found - expected;
    offsetsGone.inc({ consumer, topic }, Number(gone));
    logger.error(
      `${consumer}: ${gone.toString()} records of ${topic}/${partition} were dropped by the log before they were read ` +
        `(${expected.toString()} to ${(found - 1n).toString()})`,
    );
  }

  private async read(partition: number): Promise<Watermarks> {
    const { topic, watermarks, logger, consumer, signal } = this.options;
    for (;;) {
      try {
        return (await watermarks(topic)).get(partition) ?? { low: 0n, high: 0n };
      } catch (error) {
        signal.throwIfAborted();
        logger.warn(`${consumer}: cannot see what ${topic} holds: ${describeError(error)}`);
        await delay(RETRY_DELAY_MS, signal);
        signal.throwIfAborted();
      }
    }
  }
}
