import { expect, test } from '@jest/globals';
import type { WindowAggregate } from '@tidewatch/contracts';
import { newestMinute } from './newest-minute';

const window = (startMs: number, revision: number, sizeMs = 60_000, stepMs = sizeMs) =>
  ({ startMs, revision, sizeMs, stepMs }) as WindowAggregate;

test('the newest minute stays where an older one is revised, and gives way to its own revision', () => {
  expect(newestMinute(undefined, [window(90_000, 0, 10_000)])).toBeUndefined();
  const newest = newestMinute(undefined, [window(60_000, 0), window(0, 0), window(90_000, 0, 10_000)]);
  expect(newest).toEqual(window(60_000, 0));
  expect(newestMinute(newest, [window(0, 3)])).toBe(newest);
  expect(newestMinute(newest, [window(90_000, 0, 60_000, 30_000)])).toBe(newest);
  expect(newestMinute(newest, [window(60_000, 1), window(60_000, 0)])).toEqual(window(60_000, 1));
});
