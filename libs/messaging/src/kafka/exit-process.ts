import { delay } from '../delivery/backoff';
import { describeError, type MessagingLogger } from '../logger';
import type { LogConsumer } from '../port/log';

const CLOSE_TIMEOUT_MS = 5_000;

/** Ends this process so that its supervisor starts a new one: closes consumers for at most 5 s, then exits with 1. */
export function exitProcess(
  error: Error,
  logger: MessagingLogger,
  consumers: readonly Pick<LogConsumer, 'stop'>[],
  exit: (code: number) => void = (code) => process.exit(code),
): void {
  logger.error(`a consumer cannot go on, the process ends: ${describeError(error)}`);
  const over = new AbortController();
  const closed = Promise.allSettled(consumers.map((consumer) => consumer.stop()));
  void Promise.race([closed, delay(CLOSE_TIMEOUT_MS, over.signal)]).then(() => {
    over.abort();
    exit(1);
  });
}
