import { grownFlags, grownFloats, grownInts } from '../columns';

/** Series of a device, and those of them that are watched. */
interface Device {
  readonly name: string;
  series: number;
  watched: number;
}

/** Not shared out yet. */
const UNKNOWN = -1;

/**
 * Shares the false alarms that are accepted of a device equally among its series that are watched. A share is looked at when a reading is
 * scored: so a series that comes or goes costs the others nothing, and the share is a function of who is there, also after a restart.
 */
export class BudgetShares {
  private readonly devices = new Map<string, Device>();

  // Columns by row.
  private readonly deviceOf: (Device | undefined)[] = [];
  private isWatched = new Uint8Array(0);
  /** Of the device, as the series has it. */
  private alarmsPerWeek = new Float64Array(0);
  /** Among how many series it was shared when it was asked for last. */
  private sharedAmong = new Int32Array(0);

  grow(rows: number): void {
    this.isWatched = grownFlags(this.isWatched, rows);
    this.alarmsPerWeek = grownFloats(this.alarmsPerWeek, rows, 0);
    this.sharedAmong = grownInts(this.sharedAmong, rows, UNKNOWN);
  }

  /** A new series, which is not watched yet. */
  begin(row: number, device: string): void {
    const known = this.devices.get(device) ?? { name: device, series: 0, watched: 0 };
    if (known.series === 0) this.devices.set(device, known);
    known.series += 1;
    this.deviceOf[row] = known;
    this.isWatched[row] = 0;
    this.sharedAmong[row] = UNKNOWN;
  }

  release(row: number): void {
    const device = this.deviceOf[row]!;
    device.series -= 1;
    device.watched -= this.isWatched[row]!;
    if (device.series === 0) this.devices.delete(device.name);
    this.deviceOf[row] = undefined;
  }

  /** `alarmsPerWeek` is what is accepted of the device. A series that is not watched takes nothing away from the others. */
  set(row: number, { alarmsPerWeek, isOff }: { alarmsPerWeek: number; isOff: boolean }): void {
    const isWatched = isOff ? 0 : 1;
    this.deviceOf[row]!.watched += isWatched - this.isWatched[row]!;
    this.isWatched[row] = isWatched;
    this.alarmsPerWeek[row] = alarmsPerWeek;
    this.sharedAmong[row] = UNKNOWN;
  }

  /** Whether its detector may raise something. */
  watches(row: number): boolean {
    return this.isWatched[row] === 1;
  }

  /** Whether `share` has changed since it was asked for last. */
  hasChanged(row: number): boolean {
    return this.sharedAmong[row] !== this.deviceOf[row]!.watched;
  }

  /** False alarms a week that are accepted of this series. */
  share(row: number): number {
    const { watched } = this.deviceOf[row]!;
    this.sharedAmong[row] = watched;
    return this.alarmsPerWeek[row]! / Math.max(1, watched);
  }
}
