const NONE: ReadonlySet<number> = new Set();

/** Rows of a partition by device. */
export class DeviceRows {
  private readonly rows = new Map<string, Set<number>>();

  add(row: number, device: string): void {
    const rows = this.rows.get(device);
    if (rows === undefined) this.rows.set(device, new Set([row]));
    else rows.add(row);
  }

  remove(row: number, device: string): void {
    const rows = this.rows.get(device);
    rows?.delete(row);
    if (rows?.size === 0) this.rows.delete(device);
  }

  /** In no order that means anything: it is another one after a restart. */
  of(device: string): ReadonlySet<number> {
    return this.rows.get(device) ?? NONE;
  }
}
