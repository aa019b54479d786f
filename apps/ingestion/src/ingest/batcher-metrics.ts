import type { BatcherObserver } from '../batching/block-batcher';
import { blockReadings, flushDuration, flushFailures, pendingBytes } from '../metrics';

export const batcherMetrics: BatcherObserver = {
  appended(blocks, durationMs) {
    flushDuration.observe(durationMs / 1000);
    for (const readings of blocks) blockReadings.observe(readings);
  },
  failed() {
    flushFailures.inc();
  },
  pending(bytes) {
    pendingBytes.set(bytes);
  },
};
