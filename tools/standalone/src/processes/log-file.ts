import { closeSync, existsSync, fstatSync, openSync, renameSync, writeSync } from 'node:fs';

const MAX_BYTES = 10 * 1024 * 1024;

/** An append-only file that becomes `<file>.1` when it has grown, replacing the one before: at most two times the bound. */
export class LogFile {
  private descriptor: number;
  private bytes: number;

  constructor(
    private readonly file: string,
    private readonly maxBytes = MAX_BYTES,
  ) {
    this.descriptor = openSync(file, 'a', 0o600);
    this.bytes = fstatSync(this.descriptor).size;
  }

  /** Writes one line. A full disk loses log lines and nothing else. */
  write(line: string): void {
    const bytes = Buffer.from(`${line}\n`);
    try {
      if (this.bytes > 0 && this.bytes + bytes.length > this.maxBytes) this.rotate();
      this.bytes += writeSync(this.descriptor, bytes);
    } catch {
      // There is no place left to tell it to.
    }
  }

  close(): void {
    closeSync(this.descriptor);
  }

  private rotate(): void {
    // It is not there when an earlier attempt came no further, the disk being full.
    if (existsSync(this.file)) renameSync(this.file, `${this.file}.1`);
    const next = openSync(this.file, 'a', 0o600);
    closeSync(this.descriptor);
    this.descriptor = next;
    this.bytes = 0;
  }
}
