import { rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/**
 * `run/<id>.pid`: by it a later start finds what was left behind. Best effort: the guards end what is left too, and a disk that is full
 * must not keep a service from being started again.
 */
export class PidFile {
  private readonly file: string;

  constructor(folder: string, id: string) {
    this.file = path.join(folder, `${id}.pid`);
  }

  write(pid: number): void {
    try {
      writeFileSync(this.file, `${pid}\n`);
    } catch {
      this.remove();
    }
  }

  remove(): void {
    rmSync(this.file, { force: true });
  }
}
