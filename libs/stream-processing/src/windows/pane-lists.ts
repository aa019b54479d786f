import { grownInts } from '../columns';
import type { ByteReader, ByteWriter } from '../state/bytes';
import type { WindowCells } from './window-cells';
import { LINK, linkOf, WINDOW } from './window-layout';

export const NO_PANE = -1;

/** Panes of one length, those of each series (by row) in order of time and linked both ways. They lie in `windows`, which lists may share. */
export class PaneLists {
  /** By row; NO_PANE where there are none. */
  newest = new Int32Array(0);
  oldest = new Int32Array(0);

  constructor(
    readonly lengthUs: number,
    private readonly windows: WindowCells,
  ) {}

  grow(rows: number): void {
    this.newest = grownInts(this.newest, rows, NO_PANE);
    this.oldest = grownInts(this.oldest, rows, NO_PANE);
  }

  older(pane: number): number {
    return this.windows.links[linkOf(pane) + LINK.older]!;
  }

  newer(pane: number): number {
    return this.windows.links[linkOf(pane) + LINK.newer]!;
  }

  start(pane: number): number {
    return this.windows.cells[pane + WINDOW.start]!;
  }

  count(pane: number): number {
    return this.windows.cells[pane + WINDOW.count]!;
  }

  /** Whether readings have come since the pane was last emitted. */
  hasChanged(pane: number): boolean {
    return this.count(pane) !== this.windows.links[linkOf(pane) + LINK.emitted]!;
  }

  /** Notes that the pane is emitted as it is; returns the revision. */
  countEmission(pane: number): number {
    const link = linkOf(pane);
    this.windows.links[link + LINK.emitted] = this.count(pane);
    return this.windows.links[link + LINK.revisions]!++;
  }

  /** The pane that begins at `start`, opened where there is none. */
  at(row: number, start: number): number {
    let newer = NO_PANE;
    let pane = this.newest[row]!;
    while (pane !== NO_PANE && this.start(pane) > start) {
      newer = pane;
      pane = this.older(pane);
    }
    if (pane !== NO_PANE && this.start(pane) === start) return pane;
    const opened = this.windows.allocate(start);
    this.insert(row, opened, { older: pane, newer });
    return opened;
  }

  dropOldest(row: number): void {
    const pane = this.oldest[row]!;
    const newer = this.newer(pane);
    this.windows.free(pane);
    this.oldest[row] = newer;
    if (newer === NO_PANE) this.newest[row] = NO_PANE;
    else this.windows.links[linkOf(newer) + LINK.older] = NO_PANE;
  }

  release(row: number): void {
    while (this.oldest[row] !== NO_PANE) this.dropOldest(row);
  }

  /** Ascending by time: of each how often it was emitted and how full, how many lengths after the one before it begins, and the window. */
  write(row: number, writer: ByteWriter): void {
    let count = 0;
    for (let pane = this.oldest[row]!; pane !== NO_PANE; pane = this.newer(pane)) count += 1;
    writer.varint(count);
    let before = 0;
    for (let pane = this.oldest[row]!; pane !== NO_PANE; pane = this.newer(pane)) {
      const start = this.start(pane);
      const link = linkOf(pane);
      writer.varint(this.windows.links[link + LINK.revisions]!);
      writer.varint(this.windows.links[link + LINK.emitted]!);
      writer.varint((start - before) / this.lengthUs);
      before = start;
      this.windows.write(pane, writer);
    }
  }

  /** Into a row without panes. Throws `SnapshotError`. */
  read(row: number, reader: ByteReader): void {
    for (let left = reader.varint(); left > 0; left--) {
      const older = this.newest[row]!;
      const [revisions, emitted] = [reader.varint(), reader.varint()];
      const before = older === NO_PANE ? -Infinity : this.start(older);
      const start = Math.max(0, before) + reader.varint() * this.lengthUs;
      reader.require(start > before && start % this.lengthUs === 0, 'windows are not in order');
      const pane = this.windows.allocate(start);
      this.insert(row, pane, { older, newer: NO_PANE });
      const link = linkOf(pane);
      this.windows.links[link + LINK.revisions] = revisions;
      this.windows.links[link + LINK.emitted] = emitted;
      this.windows.read(pane, reader);
    }
  }

  private insert(row: number, pane: number, { older, newer }: Neighbours): void {
    const link = linkOf(pane);
    this.windows.links[link + LINK.older] = older;
    this.windows.links[link + LINK.newer] = newer;
    this.windows.links[link + LINK.revisions] = this.windows.links[link + LINK.emitted] = 0;
    if (older === NO_PANE) this.oldest[row] = pane;
    else this.windows.links[linkOf(older) + LINK.newer] = pane;
    if (newer === NO_PANE) this.newest[row] = pane;
    else this.windows.links[linkOf(newer) + LINK.older] = pane;
  }
}

interface Neighbours {
  readonly older: number;
  readonly newer: number;
}
