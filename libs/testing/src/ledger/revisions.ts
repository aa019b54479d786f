import type { WindowAggregate } from '@tidewatch/contracts';

export interface LastRevisions {
  /** By id. */
  readonly last: Map<string, WindowAggregate>;
  /** Records that say something else than another of their id and revision, gaps between revisions, and revisions that are none. */
  readonly inconsistent: number;
  /** Windows with more than one revision. */
  readonly revised: number;
}

/** Each window as its last revision has it. Records may be repeated, but tell one and the same story. */
export function lastRevisions(records: readonly WindowAggregate[]): LastRevisions {
  const revisionsOf = new Map<string, WindowAggregate[]>();
  let inconsistent = 0;
  for (const record of records) {
    const revisions = revisionsOf.get(record.id) ?? [];
    revisionsOf.set(record.id, revisions);
    const first = (revisions[record.revision] ??= record);
    if (JSON.stringify(first) !== JSON.stringify(record)) inconsistent += 1;
  }
  const last = new Map<string, WindowAggregate>();
  for (const [id, revisions] of revisionsOf) {
    // `from` shows gaps, which `forEach` would leave out.
    Array.from(revisions).forEach((revision: WindowAggregate | undefined, i) => {
      const before = revisions[i - 1];
      const isNext =
        revision !== undefined && (i === 0 || (before !== undefined && follows(before, revision)));
      if (!isNext) inconsistent += 1;
    });
    last.set(id, revisions.at(-1)!);
  }
  const revised = [...revisionsOf.values()].filter(({ length }) => length > 1).length;
  return { last, inconsistent, revised };
}

/** A revision is of the same window, has more readings, and comes after none that was final. */
function follows(before: WindowAggregate, revision: WindowAggregate): boolean {
  const sameWindow = before.sizeMs === revision.sizeMs && before.startMs === revision.startMs;
  return sameWindow && !before.final && revision.count > before.count;
}
