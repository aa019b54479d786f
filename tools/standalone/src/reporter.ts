import path from 'node:path';
import { LogFile } from './processes/log-file';

/** What the supervisor itself has to say: on the terminal (standard error) and in `logs/standalone.log`. */
export class Reporter {
  private file: LogFile | undefined;

  constructor(private readonly write: (line: string) => void) {}

  /** From here on lines also go to a file. */
  open(folder: string): void {
    this.file = new LogFile(path.join(folder, 'standalone.log'));
  }

  readonly say = (line: string): void => {
    const now = new Date();
    this.write(`${now.toTimeString().slice(0, 8)} ${line}`);
    this.file?.write(`${now.toISOString()} ${line}`);
  };
}
