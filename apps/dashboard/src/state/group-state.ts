import type { DeviceGroup, GroupPartial, GroupWindow } from '@tidewatch/contracts';
import { canonicalGroup, mergePartials } from '@tidewatch/stream-processing';
import { BoundedMap } from './bounded-map';

/** What partitions know of one window. */
interface Parts {
  readonly kind: string;
  readonly startMs: number;
  /** By partition of the readings. */
  readonly partials: Map<number, GroupPartial>;
}

interface Group {
  /** By name, in the order of their first arrival. */
  readonly windows: Map<string, Parts>;
  /** By kind: windows up to this start were dropped. A part that comes after all must not pass for the whole. */
  readonly droppedUntilMs: Map<string, number>;
}

/** Told of each window of its group that has changed, by a name that `window` knows. */
export type GroupWatcher = (name: string) => void;

/** Parts of windows of all groups; each takes 1 to 4 KB. */
const MOST_PARTIALS = 10_000;
const WINDOWS_PER_GROUP = 60;
const MOST_WATCHED = 1_000;

/** Recent windows of groups, of which each partition of the readings tells its part. They are merged when somebody asks. */
export class GroupState {
  readonly #partials: BoundedMap<GroupPartial>;
  readonly #groups = new Map<string, Group>();
  readonly #watchers = new Map<string, Set<GroupWatcher>>();

  constructor(mostPartials = MOST_PARTIALS) {
    this.#partials = new BoundedMap(mostPartials, (partial) => this.#forget(partial));
  }

  /** Each counts once, by its id; a higher revision takes the place of a lower one. */
  apply(partial: GroupPartial): void {
    const known = this.#partials.get(partial.id);
    if (known === undefined) this.#partials.addNew(partial.id, partial);
    else if (known.revision >= partial.revision) return;
    else this.#partials.replace(partial.id, partial);
    const group = canonicalGroup(partial.group);
    const name = nameOfWindow(partial);
    if (!this.#keep(group, name, partial)) return;
    for (const watcher of this.#watchers.get(group) ?? []) watcher(name);
  }

  /** Ascending by start. */
  recent(group: DeviceGroup): GroupWindow[] {
    return this.windows(group, [...(this.#groups.get(canonicalGroup(group))?.windows.keys() ?? [])]);
  }

  /** Those of these names that are still known, ascending by start. */
  windows(group: DeviceGroup, names: Iterable<string>): GroupWindow[] {
    const known = this.#groups.get(canonicalGroup(group))?.windows;
    const found = [...names].flatMap((name) => known?.get(name) ?? []);
    return found
      .sort((a, b) => a.startMs - b.startMs)
      .map((parts) => ({ group, ...mergePartials([...parts.partials.values()]) }));
  }

  /** Until the returned function is called. Undefined when too many groups are watched. */
  watch(group: DeviceGroup, watcher: GroupWatcher): (() => void) | undefined {
    const name = canonicalGroup(group);
    const watchers = this.#watchers.get(name) ?? new Set();
    if (watchers.size === 0 && this.#watchers.size >= MOST_WATCHED) return undefined;
    this.#watchers.set(name, watchers.add(watcher));
    return () => {
      watchers.delete(watcher);
      if (watchers.size === 0) this.#watchers.delete(name);
    };
  }

  /** False where its window was dropped before. */
  #keep(groupName: string, name: string, partial: GroupPartial): boolean {
    const group: Group = this.#groups.get(groupName) ?? { windows: new Map(), droppedUntilMs: new Map() };
    this.#groups.set(groupName, group);
    const { windows, droppedUntilMs } = group;
    let parts = windows.get(name);
    if (parts === undefined) {
      const kind = kindOf(partial);
      if (partial.startMs <= (droppedUntilMs.get(kind) ?? -Infinity)) return false;
      parts = { kind, startMs: partial.startMs, partials: new Map() };
      windows.set(name, parts);
    }
    parts.partials.set(partial.partition, partial);
    if (windows.size > WINDOWS_PER_GROUP) drop(group, windows.keys().next().value!);
    return true;
  }

  /** A window without one of its parts would be wrong, so it goes as a whole. */
  #forget(partial: GroupPartial): void {
    const name = canonicalGroup(partial.group);
    const group = this.#groups.get(name);
    if (group === undefined) return;
    drop(group, nameOfWindow(partial));
    if (group.windows.size === 0) this.#groups.delete(name);
  }
}

function drop({ windows, droppedUntilMs }: Group, name: string): void {
  const parts = windows.get(name);
  if (parts === undefined) return;
  const { kind, startMs } = parts;
  windows.delete(name);
  droppedUntilMs.set(kind, Math.max(startMs, droppedUntilMs.get(kind) ?? -Infinity));
}

function nameOfWindow(partial: GroupPartial): string {
  return `${kindOf(partial)}:${partial.startMs}`;
}

function kindOf({ sizeMs, stepMs }: GroupPartial): string {
  return `${sizeMs}/${stepMs}`;
}
