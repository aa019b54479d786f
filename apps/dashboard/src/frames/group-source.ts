import type { DeviceGroup, FrameBody } from '@tidewatch/contracts';
import type { GroupState } from '../state/group-state';
import { type FrameSource, NoRoomError } from './frame-source';

/** The windows of one group as they change; those that wait are merged when they are taken. */
export class GroupSource implements FrameSource {
  /** Names of windows; a group keeps no more than some tens. */
  readonly #changed = new Set<string>();
  readonly #unwatch: () => void;
  readonly pendingSinceMs = 0;

  /** Throws `NoRoomError`. */
  constructor(
    private readonly state: GroupState,
    private readonly group: DeviceGroup,
  ) {
    const unwatch = state.watch(group, (name) => this.#changed.add(name));
    if (unwatch === undefined) throw new NoRoomError('Too many groups are being watched.');
    this.#unwatch = unwatch;
  }

  snapshot(): FrameBody {
    this.#changed.clear();
    return { view: 'group', windows: this.state.recent(this.group) };
  }

  hasPending(): boolean {
    return this.#changed.size > 0;
  }

  take(): FrameBody {
    const windows = this.state.windows(this.group, this.#changed);
    this.#changed.clear();
    return { view: 'group', windows };
  }

  close(): void {
    this.#unwatch();
  }
}
