/** Rows of a partition by device. */
export class DeviceRows {
  private readonly rows = new Map<string, number[]>();

  add(row: number, device: string): void {
    const rows = this.rows.get(device);
    if (rows === undefined) this.rows.set(device, [row]);
    else rows.push(row);
  }

  remove(row: number, device: string): void {
    const rest = this.of(device).filter((other) => other !== row);
    if (rest.length > 0) this.rows.set(device, rest);
    else this.rows.delete(device);
  }

  /** In no order that means anything: it is another one after a restart. */
  of(device: string): readonly number[] {
    return this.rows.get(device) ?? [];
  }
}
