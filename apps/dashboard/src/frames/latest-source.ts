import type { FrameBody, LatestValue } from '@tidewatch/contracts';
import type { LiveState } from '../state/live-state';
import { estimatedValueBytes } from './frame-size';
import type { FrameSource } from './frame-source';

const VALUES_PER_FRAME = 1_000;
/** Names may be long, and tags many. */
const BYTES_PER_FRAME = 128 * 1024;

/**
 * Latest values, without a queue of its own: it passes over the slots, again and again, and takes those that changed after the
 * pass before began. So a client is never owed more than one value a series, and each series gets its turn.
 */
export class LatestSource implements FrameSource {
  #cursor = 0;
  #changedAfter = 0;
  #passBegan = 0;
  pendingSinceMs = 0;

  constructor(
    private readonly state: LiveState,
    private readonly valuesPerFrame = VALUES_PER_FRAME,
  ) {}

  snapshot(): FrameBody {
    return this.take();
  }

  hasPending(): boolean {
    const pending = this.#cursor > 0 || this.state.version > this.#changedAfter;
    if (pending && this.pendingSinceMs === 0) this.pendingSinceMs = this.state.receivedAtMs;
    return pending;
  }

  take(): FrameBody {
    const values: LatestValue[] = [];
    if (this.#cursor === 0) this.#passBegan = this.state.version;
    const slots = this.state.seriesCount;
    let bytes = 0;
    while (this.#cursor < slots && values.length < this.valuesPerFrame && bytes < BYTES_PER_FRAME) {
      if (this.state.changedAfter(this.#cursor, this.#changedAfter)) {
        const latest = this.state.latest(this.#cursor);
        bytes += estimatedValueBytes(latest.series);
        values.push(latest);
      }
      this.#cursor++;
    }
    if (this.#cursor >= slots) {
      this.#changedAfter = this.#passBegan;
      this.#cursor = 0;
    }
    this.pendingSinceMs = 0;
    return { view: 'latest', values };
  }

  close(): void {
    // Holds nothing.
  }
}
