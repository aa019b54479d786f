/** Where a page ended, in terms of the list's order. Only the list itself reads it. */
export type Position = readonly string[];

/** How much of a list, and from where on: `after` is the `next` of the page before. */
export interface PageRequest {
  readonly limit: number;
  readonly after?: Position;
}

/** `next` is null on the last page. */
export interface Page<Item> {
  readonly items: Item[];
  readonly next: Position | null;
}

/** Makes a page of rows that were asked for with one more than the limit, which only tells whether there is another page. */
export function pageOf<Row, Item>(
  rows: readonly Row[],
  limit: number,
  convert: { item: (row: Row) => Item; position: (row: Row) => Position },
): Page<Item> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  return {
    items: shown.map(convert.item),
    next: rows.length > limit && last !== undefined ? convert.position(last) : null,
  };
}

/** SQL for a timestamp as RFC 3339 in UTC with microseconds, which neither a JavaScript date nor PostgreSQL's own text keeps. */
export function rfc3339(expression: string): string {
  return `to_char(${expression} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;
}
