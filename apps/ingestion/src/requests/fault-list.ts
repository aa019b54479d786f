import type { Fault } from '@tidewatch/contracts';
import type { Complaint } from '@tidewatch/readings';

/** One item cannot fill the list alone. */
const FAULTS_PER_ITEM = 8;
/** Beyond it only the first fault of each item is kept: every item with a fault is named, however many there are. */
const LISTED_IN_FULL = 100;
/** A pointer repeats names that the client chose. */
const SHOWN_NAME_LENGTH = 160;

/** The faults of a request. The list names every faulty item and is bounded, and the counts go on. */
export class FaultList {
  readonly kept: Fault[] = [];
  /** Items with a fault. */
  faultyItems = 0;
  /** Faults, those that were not kept included. */
  total = 0;
  private index: number | undefined;
  private faultsOfItem = 0;

  /** @param basePointer Where the items are, when they are in a list; null when the body itself is the one item. */
  constructor(private readonly basePointer: string | null) {}

  /** From now on faults are those of item `index`, and no longer of the body as a whole. */
  beginItem(index: number): void {
    this.index = index;
    this.faultsOfItem = 0;
  }

  /** The fault is that of the body as a whole: there are no items that could be told apart. */
  get isOfBody(): boolean {
    return this.index === undefined && this.faultsOfItem > 0;
  }

  get itemIsFaulty(): boolean {
    return this.faultsOfItem > 0;
  }

  /** Adds a fault at a path of names within the item. */
  add(path: readonly string[], complaint: Complaint): void {
    if (this.faultsOfItem === 0) this.faultyItems += 1;
    this.faultsOfItem += 1;
    this.total += 1;
    if (this.faultsOfItem > (this.kept.length < LISTED_IN_FULL ? FAULTS_PER_ITEM : 1)) return;
    const inList = this.basePointer !== null && this.index !== undefined;
    const item = inList ? `${this.basePointer}/${this.index}` : '';
    this.kept.push({
      ...(this.index === undefined ? {} : { index: this.index }),
      pointer: item + path.map((name) => `/${escapedName(name)}`).join(''),
      code: complaint.code,
      detail: complaint.detail,
    });
  }
}

/** A reference token of RFC 6901, shortened when it is not of a length that we admit anyway. */
function escapedName(name: string): string {
  const shown = name.length > SHOWN_NAME_LENGTH ? `${name.slice(0, SHOWN_NAME_LENGTH)}…` : name;
  return shown.replaceAll('~', '~0').replaceAll('/', '~1');
}
