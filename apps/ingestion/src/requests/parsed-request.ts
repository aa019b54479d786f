import { LIMITS } from '@tidewatch/contracts';
import type { Complaint } from '@tidewatch/readings';
import { FaultList } from './fault-list';
import { tooManyReadings, type RequestRows } from './request-rows';

/** What a parser works on: it appends the good readings to `rows` and tells of the others in `faults`. */
export interface ParseContext {
  readonly rows: RequestRows;
  readonly receivedUs: number;
}

/** The items of a body, and where they are. */
export interface Items {
  readonly items: readonly unknown[];
  readonly basePointer: string | null;
}

export const EMPTY_LIST: Complaint = { code: 'empty', detail: 'Must hold at least one reading.' };
export const NOT_FINITE: Complaint = {
  code: 'not-finite',
  detail: 'Must be a finite number: it is beyond the range of a 64-bit float.',
};
export const NOT_A_NUMBER: Complaint = { code: 'wrong-type', detail: 'Must be a number.' };
export const MISSING: Complaint = { code: 'missing', detail: 'Is required.' };
export const TIME_OUT_OF_RANGE: Complaint = {
  code: 'time-out-of-range',
  detail: 'Must lie between 1970-01-01T00:00:00Z and 2199-12-31T23:59:59.999999Z.',
};

/** Calls `read` for each item, with the item's faults and without rows that a faulty item may have left behind. */
export function readItems(
  { items, basePointer }: Items,
  { rows }: ParseContext,
  read: (item: unknown, faults: FaultList) => void,
): FaultList {
  if (items.length > LIMITS.readingsPerRequest) throw tooManyReadings();
  const faults = new FaultList(basePointer);
  for (let i = 0; i < items.length; i++) {
    const rowsBefore = rows.length;
    faults.beginItem(i);
    read(items[i], faults);
    if (faults.itemIsFaulty) rows.truncate(rowsBefore);
  }
  return faults;
}

export function isTimeInRange(timeUs: number): boolean {
  return timeUs >= LIMITS.minTimeUs && timeUs <= LIMITS.maxTimeUs;
}
