import type { FrameBody } from '@tidewatch/contracts';
import type { GroupState } from '../state/group-state';
import type { FrameSource } from './frame-source';

const MOST_SHOWN = 500;

/** Which groups there are, whenever that changes. */
export class GroupsSource implements FrameSource {
  #sentVersion = -1;
  readonly pendingSinceMs = 0;

  constructor(private readonly state: GroupState) {}

  snapshot(): FrameBody {
    return this.take();
  }

  hasPending(): boolean {
    return this.state.version !== this.#sentVersion;
  }

  take(): FrameBody {
    this.#sentVersion = this.state.version;
    const groups = this.state.known();
    return {
      view: 'groups',
      groups: groups.slice(0, MOST_SHOWN),
      more: Math.max(0, groups.length - MOST_SHOWN),
    };
  }

  close(): void {
    // Holds nothing.
  }
}
