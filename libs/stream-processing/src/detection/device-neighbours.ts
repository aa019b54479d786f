import type { HashedSeries } from '../outputs';
import { DeviceIncidents } from './device-incidents';
import { Movers } from './movers';

/** What the series of one device know of each other. */
export interface Neighbours {
  /** Series of the device. */
  count: number;
  readonly movers: Movers;
  readonly incidents: DeviceIncidents;
}

export interface NeighbourColumns {
  /** Of a row that has moved: when it began to, µs of event time. */
  movedFrom(row: number): number;
  /** When the part of a row in its incident ends, as far as it is known. */
  incidentEnd(row: number): number;
}

/** Neighbours of each row. */
export class DeviceNeighbours {
  private readonly byDevice = new Map<string, Neighbours>();
  private readonly byRow: (Neighbours | undefined)[] = [];

  /** `series` are those of the table, by row. */
  constructor(
    private readonly series: readonly (HashedSeries | undefined)[],
    private readonly columns: NeighbourColumns,
  ) {}

  of(row: number): Neighbours {
    return this.byRow[row]!;
  }

  add(row: number): void {
    const { device } = this.series[row]!.key;
    let neighbours = this.byDevice.get(device);
    if (neighbours === undefined) {
      const { columns, series } = this;
      const movers = new Movers((row) => columns.movedFrom(row), series);
      neighbours = { count: 0, movers, incidents: new DeviceIncidents((row) => columns.incidentEnd(row)) };
      this.byDevice.set(device, neighbours);
    }
    neighbours.count += 1;
    this.byRow[row] = neighbours;
  }

  /** Before the series leaves the table. */
  remove(row: number): void {
    const neighbours = this.byRow[row]!;
    this.byRow[row] = undefined;
    neighbours.incidents.leave(row);
    neighbours.movers.remove(row);
    neighbours.count -= 1;
    if (neighbours.count === 0) this.byDevice.delete(this.series[row]!.key.device);
  }
}
