import { StringDecoder } from 'node:string_decoder';

/** A line longer than this is passed on in pieces, so that a child cannot fill our memory. */
const MAX_LINE = 256 * 1024;

/** Turns chunks of bytes into lines without their line break. */
export class LineSplitter {
  private readonly decoder = new StringDecoder('utf8');
  private rest = '';

  constructor(private readonly onLine: (line: string) => void) {}

  push(chunk: Buffer): void {
    const lines = (this.rest + this.decoder.write(chunk)).split('\n');
    this.rest = lines.pop() ?? '';
    for (const line of lines) this.onLine(line);
    if (this.rest.length > MAX_LINE) this.end();
  }

  end(): void {
    if (this.rest !== '') this.onLine(this.rest);
    this.rest = '';
  }
}
