import { afterEach, beforeEach, expect, jest, test } from '@jest/globals';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { type ReadableSpan, TracerProvider } from '@opentelemetry/sdk-trace';
import { BoundedExport } from './bounded-export';
import { spans as counter } from './metrics';

const lines: string[] = [];
const logger = { info: (text: string) => lines.push(text), warn: (text: string) => lines.push(text) };
let exports: { spans: ReadableSpan[]; done: (result: ExportResult) => void }[] = [];
const counts = async () => {
  const { values } = await counter.get();
  return Object.fromEntries(values.map(({ labels, value }) => [String(labels.outcome), value]));
};

let provider: TracerProvider;
const end = (count: number): void => {
  const tracer = provider.getTracer('test');
  for (let i = 0; i < count; i++) tracer.startSpan('x').end();
};

beforeEach(() => {
  jest.useFakeTimers();
  counter.reset();
  lines.length = 0;
  exports = [];
  const processor = new BoundedExport(
    { export: (spans, done) => void exports.push({ spans, done }), shutdown: () => Promise.resolve() },
    logger,
  );
  provider = new TracerProvider({ spanProcessors: [processor] });
});
afterEach(() => {
  jest.useRealTimers();
});

test('while the collector does not answer, so many wait and the rest is dropped and counted', async () => {
  end(10_000);
  // 512 are on their way, 2048 wait.
  expect(exports.map(({ spans }) => spans.length)).toEqual([512]);
  expect(await counts()).toEqual({ dropped: 10_000 - 512 - 2_048 });
  exports[0]!.done({ code: ExportResultCode.SUCCESS });
  await jest.advanceTimersByTimeAsync(0);
  expect(exports.map(({ spans }) => spans.length)).toEqual([512, 512]);
  end(1_000);
  expect(await counts()).toMatchObject({ dropped: 10_000 - 2_560 + 1_000 - 512, exported: 512 });
});

test('the log tells when the collector goes and when it is back, and not each try', async () => {
  const results = [
    { code: ExportResultCode.SUCCESS },
    { code: ExportResultCode.FAILED, error: new Error('connect ECONNREFUSED') },
    { code: ExportResultCode.FAILED, error: new Error('connect ECONNREFUSED') },
    { code: ExportResultCode.SUCCESS },
    { code: ExportResultCode.SUCCESS },
  ];
  for (const result of results) {
    end(1);
    await jest.advanceTimersByTimeAsync(2_000);
    exports.at(-1)!.done(result);
    await jest.advanceTimersByTimeAsync(0);
  }
  expect(exports).toHaveLength(results.length);
  expect(lines).toEqual([
    'traces cannot be sent, and are dropped until the collector takes them: connect ECONNREFUSED',
    'traces are sent again',
  ]);
  expect(await counts()).toEqual({ exported: 3, failed: 2 });
});
