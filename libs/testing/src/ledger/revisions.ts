export interface Revision {
  readonly id: string;
  readonly revision: number;
}

export interface LastRevisions<T extends Revision> {
  /** By id. */
  readonly last: Map<string, T>;
  /** Records that say something else than another of their id and revision, gaps between revisions, and revisions that are none. */
  readonly inconsistent: number;
  /** How many have more than one revision. */
  readonly revised: number;
}

/**
 * Each as its last revision has it. Records may be repeated, but tell one and the same story: revisions rise by one from 0 on, and each may
 * follow the one before. `isNext` is asked with undefined for the first.
 */
export function lastRevisions<T extends Revision>(
  records: readonly T[],
  isNext: (before: T | undefined, revision: T) => boolean,
): LastRevisions<T> {
  const revisionsOf = new Map<string, T[]>();
  let inconsistent = 0;
  for (const record of records) {
    const revisions = revisionsOf.get(record.id) ?? [];
    revisionsOf.set(record.id, revisions);
    const first = (revisions[record.revision] ??= record);
    if (JSON.stringify(first) !== JSON.stringify(record)) inconsistent += 1;
  }
  const last = new Map<string, T>();
  for (const [id, revisions] of revisionsOf) {
    // `from` shows gaps, which `forEach` would leave out.
    Array.from(revisions).forEach((revision: T | undefined, i) => {
      const before = revisions[i - 1];
      const isKnown = revision !== undefined && (i === 0 || before !== undefined);
      if (!isKnown || !isNext(before, revision)) inconsistent += 1;
    });
    last.set(id, revisions.at(-1)!);
  }
  const revised = [...revisionsOf.values()].filter(({ length }) => length > 1).length;
  return { last, inconsistent, revised };
}
