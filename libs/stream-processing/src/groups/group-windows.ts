import type { DeviceGroup } from '@tidewatch/contracts';
import type { SeriesKey } from '@tidewatch/readings';
import type { StateChange } from '../outputs';
import { ByteWriter } from '../state/bytes';
import type { StreamSettings } from '../settings';
import type { PartialWindow } from '../windows/partial-window';
import { WindowStore } from '../windows/window-store';
import { canonicalGroup, groupHash, type HashedGroup } from './device-group';
import { readGroup, writeGroup } from './group-codec';
import type { GroupMembers } from './group-member';

const NO_ROW = -1;
/** Short windows that a group holds at the most, looked at when it is evaluated: above it the oldest are final. */
export const MOST_GROUP_WINDOWS = 512;

/** How often a group is evaluated at the most while its members advance once each. */
const MOST_LOOKS_PER_MEMBER = 8;

interface Group extends HashedGroup {
  readonly members: Set<number>;
  /** Of its windows; NO_ROW while there is none, for want of room. */
  row: number;
  /** No reading before it counts. */
  watermark: number;
  /** Where the members have been that were furthest behind when the group was last evaluated, and how many are there still. */
  lowest: number;
  holders: number;
  /** Members that are not silent, and how often one has advanced since. */
  active: number;
  advances: number;
  changed: boolean;
}

type EmitGroup = (group: HashedGroup, window: PartialWindow) => void;

/**
 * Windows over all series of a partition that are of one group. Readings are counted once more, for each group of their series.
 *
 * A group has no event time of its own. Its windows are emitted when half of its members have passed the end, and are final when the last one is by the lateness; members that are silent don't
 * count. So a clock that is wrong neither stalls nor rushes the others. This is looked at when no member is left where the last ones were, or when members
 * have advanced as often as there are members, and not before an eighth of that: so a group of any size costs the same for each advance.
 */
export class GroupWindows {
  private readonly groups = new Map<string, Group>();
  /** By row of the series; undefined where it is in no group. */
  private readonly groupsOf: (readonly Group[] | undefined)[] = [];
  private readonly windows: WindowStore;
  private readonly rows: (Group | undefined)[] = [];
  private readonly freeRows: number[] = [];
  private capacity = 0;
  /** A member has fallen silent. */
  private readonly touched = new Set<Group>();
  private removed: Uint8Array[] = [];
  private readonly latenessUs: number;

  constructor(
    private readonly settings: StreamSettings,
    private readonly members: GroupMembers,
    emit: EmitGroup,
  ) {
    this.latenessUs = settings.latenessMs * 1000;
    const { reorderMs, slidingWindows } = settings;
    this.windows = new WindowStore(reorderMs * 1000, slidingWindows, ({ row, slot, emission }, cells) => {
      emit(this.rows[row]!, cells.partial(slot, emission));
    });
  }

  /** A new series, or one that is restored. Its groups may have been restored before, or will be after. */
  join(row: number, { metric, tags }: SeriesKey): void {
    const groups: Group[] = [];
    for (const tag of this.settings.groupTags) {
      const value = tags.find(([name]) => name === tag)?.[1];
      if (value === undefined) continue;
      const group = this.group({ tag, value, metric });
      group.members.add(row);
      groups.push(group);
    }
    this.groupsOf[row] = groups.length > 0 ? groups : undefined;
    if (this.members.mark(row) < Infinity) this.began(row);
  }

  /** The series is forgotten; it was silent. A group without members is, too. */
  leave(row: number): void {
    for (const group of this.groupsOf[row] ?? []) {
      group.members.delete(row);
      if (group.members.size === 0) this.forget(group);
    }
    this.groupsOf[row] = undefined;
  }

  /** Takes a reading that counts in the windows of its series; returns in how many groups it came too late, or had no room. */
  add(row: number, time: number, value: number): number {
    const groups = this.groupsOf[row];
    if (groups === undefined) return 0;
    let missed = 0;
    for (const group of groups) {
      if ((group.row === NO_ROW && !this.hasRoom(group)) || time < group.watermark) missed += 1;
      else {
        this.windows.add(group.row, time, value);
        group.changed = true;
      }
    }
    return missed;
  }

  /** A series has its first reading, or one after a silence. */
  began(row: number): void {
    const mark = this.members.mark(row);
    for (const group of this.groupsOf[row] ?? []) {
      group.active += 1;
      if (mark <= group.lowest) group.holders += 1;
    }
  }

  /** The mark of a series has risen from `before`. */
  advanced(row: number, before: number): void {
    const groups = this.groupsOf[row];
    if (groups === undefined) return;
    const mark = this.members.mark(row);
    for (const group of groups) {
      group.advances += 1;
      group.changed = true;
      if (before <= group.lowest && mark > group.lowest) group.holders -= 1;
      if (isWorthALook(group)) this.evaluate(group);
    }
  }

  /** A series has fallen silent; its mark was `before`. Call `settle` when all such are known. */
  closed(row: number, before: number): void {
    if (before === Infinity) return;
    for (const group of this.groupsOf[row] ?? []) {
      group.active -= 1;
      if (before <= group.lowest) group.holders -= 1;
      this.touched.add(group);
    }
  }

  settle(): void {
    if (this.touched.size === 0) return;
    // In the order of their hashes, as series fall silent in the order of theirs.
    const touched = [...this.touched].sort((a, b) => Buffer.compare(a.hash, b.hash));
    this.touched.clear();
    for (const group of touched) this.evaluate(group);
  }

  *takeChanges(): Generator<StateChange, void> {
    const { removed } = this;
    this.removed = [];
    for (const hash of removed) yield { hash, state: undefined };
    const writer = new ByteWriter();
    for (const group of this.rows) {
      if (!group?.changed) continue;
      group.changed = false;
      writer.clear();
      yield {
        hash: group.hash,
        state: writeGroup(writer, group, () => this.windows.write(group.row, writer)),
      };
    }
  }

  /** Throws `SnapshotError`, with nothing restored. A group that is no longer wanted is removed with the next changes. */
  restore(state: Uint8Array): void {
    const { fields, reader } = readGroup(state);
    if (!this.settings.groupTags.includes(fields.key.tag)) {
      this.removed.push(groupHash(fields.key));
      return;
    }
    const group = this.group(fields.key);
    this.allocate(group);
    try {
      this.windows.read(group.row, reader);
      reader.require(reader.done, 'bytes are left over');
    } catch (error) {
      this.releaseRow(group);
      throw error;
    }
    group.watermark = fields.watermark;
    group.lowest = fields.lowest;
    group.advances = fields.advances;
    group.holders = 0;
    for (const row of group.members) if (this.members.mark(row) <= group.lowest) group.holders += 1;
  }

  /** Takes the windows of groups that have none from others, which have read the same readings again. Returns of how many. */
  learn(learned: GroupWindows): number {
    let count = 0;
    for (const { state } of learned.takeChanges()) {
      if (state === undefined || this.isFull) continue;
      const group = this.groups.get(canonicalGroup(readGroup(state).fields.key));
      // One without members is forgotten here.
      if (group === undefined || group.row !== NO_ROW) continue;
      this.restore(state);
      group.changed = true;
      count += 1;
    }
    return count;
  }

  private get isFull(): boolean {
    return this.rows.length - this.freeRows.length >= this.settings.maxGroups;
  }

  private group(key: DeviceGroup): Group {
    const name = canonicalGroup(key);
    const known = this.groups.get(name);
    if (known) return known;
    const group: Group = {
      ...{ key, hash: groupHash(key), members: new Set<number>(), row: NO_ROW },
      ...{ watermark: -Infinity, lowest: -Infinity, holders: 0, active: 0, advances: 0, changed: false },
    };
    this.groups.set(name, group);
    return group;
  }

  private evaluate(group: Group): void {
    const marks: number[] = [];
    let closedUntil = -Infinity;
    for (const row of group.members) {
      const mark = this.members.mark(row);
      if (mark < Infinity) marks.push(mark);
      else closedUntil = Math.max(closedUntil, this.members.watermark(row));
    }
    marks.sort((a, b) => a - b);
    group.advances = 0;
    group.lowest = marks[0] ?? -Infinity;
    group.holders = marks.filter((mark) => mark === group.lowest).length;
    if (group.row === NO_ROW) return;
    group.changed = true;
    if (marks.length === 0) {
      // A member that is forgotten may have been further than those that are left. No window closes twice.
      group.watermark = Math.max(group.watermark, closedUntil, this.windows.newestEnd(group.row));
      this.windows.close(group.row, group.watermark);
      return;
    }
    const bound = this.windows.newestStart(group.row, MOST_GROUP_WINDOWS);
    group.watermark = Math.max(group.watermark, group.lowest - this.latenessUs, bound);
    // Half of them, or more, are there or further.
    const passed = marks[marks.length >> 1]!;
    this.windows.advanceTo(group.row, Math.max(passed, bound), group.watermark);
  }

  private hasRoom(group: Group): boolean {
    if (this.isFull) return false;
    this.allocate(group);
    // Until now nothing of it was stored, so nothing of it may count: after a restart it would be otherwise.
    group.lowest = -Infinity;
    group.holders = group.advances = 0;
    return true;
  }

  private allocate(group: Group): void {
    const row = this.freeRows.pop() ?? this.rows.length;
    if (row >= this.capacity) this.windows.grow((this.capacity = Math.max(16, row * 2)));
    this.rows[row] = group;
    group.row = row;
  }

  private forget(group: Group): void {
    this.groups.delete(canonicalGroup(group.key));
    this.touched.delete(group);
    if (group.row === NO_ROW) return;
    this.removed.push(group.hash);
    this.releaseRow(group);
  }

  private releaseRow(group: Group): void {
    this.windows.release(group.row);
    this.rows[group.row] = undefined;
    this.freeRows.push(group.row);
    group.row = NO_ROW;
  }
}

function isWorthALook({ holders, advances, active }: Group): boolean {
  return advances >= active || (holders === 0 && advances * MOST_LOOKS_PER_MEMBER >= active);
}
