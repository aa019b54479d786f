import type { FrameBody, ServiceHealth } from '@tidewatch/contracts';
import type { FrameSource } from './frame-source';

/** What is known of the services; `version` rises with each change. */
export interface HealthBoard {
  readonly version: number;
  readonly services: readonly ServiceHealth[];
}

/** The state of all services, whenever it changes. */
export class HealthSource implements FrameSource {
  #sentVersion = -1;
  readonly pendingSinceMs = 0;

  constructor(private readonly board: HealthBoard) {}

  snapshot(): FrameBody {
    return this.take();
  }

  hasPending(): boolean {
    return this.board.version !== this.#sentVersion;
  }

  take(): FrameBody {
    this.#sentVersion = this.board.version;
    return { view: 'health', services: [...this.board.services] };
  }

  close(): void {
    // Holds nothing.
  }
}
