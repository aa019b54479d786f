import { createRequire } from 'node:module';
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import './quiet-connections';

interface Queue {
  pending: { correlationId: number; pendingDuration: number; send(): void; expectResponse: boolean }[];
  inflight: Map<number, unknown>;
  throttledUntil: number;
  checkPendingRequests(): void;
}
type QueueClass = new (options: Record<string, unknown>) => Queue;

const RequestQueue = createRequire(__filename)('kafkajs/src/network/requestQueue') as QueueClass;
const logger = { debug: () => undefined };

function queueOfOneAtATime(): Queue {
  return new RequestQueue({
    maxInFlightRequests: 1,
    requestTimeout: 1_000,
    enforceRequestTimeout: false,
    clientId: 'test',
    broker: 'test',
    logger,
    isConnected: () => true,
  });
}

beforeEach(() => void jest.useFakeTimers());
afterEach(() => void jest.useRealTimers());

test('a connection where nothing waits sets no timer', () => {
  queueOfOneAtATime().checkPendingRequests();
  expect(jest.getTimerCount()).toBe(0);
});

test('what waits for the end of a throttle is sent then', () => {
  const queue = queueOfOneAtATime();
  const send = jest.fn();
  queue.throttledUntil = Date.now() + 500;
  queue.pending.push({ correlationId: 1, pendingDuration: 0, send, expectResponse: true });
  queue.checkPendingRequests();
  jest.advanceTimersByTime(499);
  expect(send).not.toHaveBeenCalled();
  jest.advanceTimersByTime(20);
  expect(send).toHaveBeenCalledTimes(1);
  expect(jest.getTimerCount()).toBe(0);
});
