/** What a group knows of the series that are in it, by row. */
export interface GroupMembers {
  /** Windows of the series which end at or before it have been emitted; Infinity where the series is silent, or has no reading yet. */
  mark(row: number): number;
  /** No reading before it counts any more. */
  watermark(row: number): number;
}
