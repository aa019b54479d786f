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

/** Windows of one size and step. */
interface Kind {
  /** In the order of their first arrival. */
  readonly names: string[];
  /** Windows up to this start were dropped. A part that comes after all must not pass for the whole. */
  droppedUntilMs: number;
}

interface Group {
  readonly key: DeviceGroup;
  readonly windows: Map<string, Parts>;
  readonly kinds: Map<string, Kind>;
}

/** Told of each window of its group that has changed, by a name that `window` knows. */
export type GroupWatcher = (name: string) => void;

/** Parts of windows of all groups; each takes 1 to 4 KB. */
const MOST_PARTIALS = 10_000;
/** Ten minutes of the short ones, an hour of minutes. */
const WINDOWS_PER_KIND = 60;
const MOST_WATCHED = 1_000;

/** Recent windows of groups, of which each partition of the readings tells its part. They are merged when somebody asks. */
export class GroupState {
  /** Rises when a group comes or goes. */
  version = 0;
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

  /** All groups with recent windows. */
  known(): DeviceGroup[] {
    return Array.from(this.#groups.values(), ({ key }) => key);
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
    const group = this.#groups.get(groupName) ?? this.#add(groupName, partial.group);
    const known = group.windows.get(name);
    if (known !== undefined) {
      known.partials.set(partial.partition, partial);
      return true;
    }
    const kindName = kindOf(partial);
    const kind = group.kinds.get(kindName) ?? { names: [], droppedUntilMs: -Infinity };
    if (partial.startMs <= kind.droppedUntilMs) return false;
    group.kinds.set(kindName, kind);
    group.windows.set(name, {
      kind: kindName,
      startMs: partial.startMs,
      partials: new Map([[partial.partition, partial]]),
    });
    kind.names.push(name);
    if (kind.names.length > WINDOWS_PER_KIND) drop(group, kind.names[0]!);
    return true;
  }

  #add(name: string, key: DeviceGroup): Group {
    const group: Group = { key, windows: new Map(), kinds: new Map() };
    this.#groups.set(name, group);
    this.version += 1;
    return group;
  }

  /** A window without one of its parts would be wrong, so it goes as a whole. */
  #forget(partial: GroupPartial): void {
    const name = canonicalGroup(partial.group);
    const group = this.#groups.get(name);
    if (group === undefined) return;
    drop(group, nameOfWindow(partial));
    if (group.windows.size > 0) return;
    this.#groups.delete(name);
    this.version += 1;
  }
}

function drop({ windows, kinds }: Group, name: string): void {
  const parts = windows.get(name);
  if (parts === undefined) return;
  windows.delete(name);
  const kind = kinds.get(parts.kind)!;
  kind.names.splice(kind.names.indexOf(name), 1);
  kind.droppedUntilMs = Math.max(parts.startMs, kind.droppedUntilMs);
}

function nameOfWindow(partial: GroupPartial): string {
  return `${kindOf(partial)}:${partial.startMs}`;
}

function kindOf({ sizeMs, stepMs }: GroupPartial): string {
  return `${sizeMs}/${stepMs}`;
}
