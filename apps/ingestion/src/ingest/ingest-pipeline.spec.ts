import { afterEach, beforeEach, describe, expect, jest, test } from '@jest/globals';
import { Logger } from '@nestjs/common';
import { type MessageLog, UnknownTopicError } from '@tidewatch/messaging';
import { parseConfig, Readiness, Shutdown } from '@tidewatch/service-kit';
import { ingestion } from '../config';
import { RequestRows } from '../requests/request-rows';
import { IngestPipeline } from './ingest-pipeline';

const config = parseConfig(ingestion.config, {
  DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  SESSION_KEY: 'x'.repeat(32),
});

function setUp() {
  const calls: string[] = [];
  const partitionCount = jest.fn<MessageLog['partitionCount']>();
  const log = {
    partitionCount,
    append: () => Promise.resolve(void calls.push('append')),
    ping: () => Promise.resolve(),
    close: () => Promise.resolve(void calls.push('close')),
  } as unknown as MessageLog;
  const [readiness, shutdown] = [new Readiness(), new Shutdown()];
  const pipeline = new IngestPipeline(log, config, readiness, shutdown);
  return { calls, partitionCount, readiness, shutdown, pipeline };
}

beforeEach(() => {
  Logger.overrideLogger(false);
  jest.useFakeTimers();
});
afterEach(() => {
  jest.useRealTimers();
});

describe('the pipeline', () => {
  test('of a log that is away at the start is not ready, and is as soon as the log is there', async () => {
    const { partitionCount, readiness, pipeline } = setUp();
    partitionCount.mockRejectedValueOnce(new UnknownTopicError('readings.v1')).mockResolvedValue(12);
    await pipeline.onModuleInit();
    expect(() => pipeline.get()).toThrow(expect.objectContaining({ name: 'LogUnavailableError' }));
    expect(await readiness.run()).toMatchObject([{ name: 'log', up: false }]);
    await jest.advanceTimersByTimeAsync(1_000);
    expect(await readiness.run()).toMatchObject([{ name: 'log', up: true }]);
    expect(pipeline.get().catalog.add('d', 'm').key.device).toBe('d');
  });

  test('flushes what it took before the log is closed', async () => {
    const { calls, partitionCount, shutdown, pipeline } = setUp();
    partitionCount.mockResolvedValue(12);
    await pipeline.onModuleInit();
    const { batcher, catalog } = pipeline.get();
    const rows = new RequestRows();
    rows.append(catalog.add('d', 'm'), 1, 1);
    const added = batcher.add(rows, { receivedAtMs: 1, requestId: 'r' });
    expect(await shutdown.run(() => undefined)).toBe(0);
    await pipeline.onApplicationShutdown();
    await added;
    expect(calls).toEqual(['append', 'close']);
  });

  test('that never saw its log stops as well', async () => {
    const { calls, partitionCount, shutdown, pipeline } = setUp();
    partitionCount.mockRejectedValue(new Error('away'));
    await pipeline.onModuleInit();
    expect(await shutdown.run(() => undefined)).toBe(0);
    await pipeline.onApplicationShutdown();
    await jest.advanceTimersByTimeAsync(10_000);
    expect(partitionCount).toHaveBeenCalledTimes(1);
    expect(calls).toEqual(['close']);
  });
});
