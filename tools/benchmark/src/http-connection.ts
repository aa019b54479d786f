import { connect, type Socket } from 'node:net';

interface Waiting {
  resolve(status: number): void;
  reject(error: Error): void;
}

const HEAD_END = Buffer.from('\r\n\r\n');

/**
 * One keep-alive HTTP/1.1 connection with one request under way at a time. A general client costs several times as much
 * per request, and the generator shares two cores with the platform it measures.
 */
export class HttpConnection {
  private readonly socket: Socket;
  private readonly head: string;
  private received: Buffer = Buffer.alloc(0);
  private waiting: Waiting | null = null;

  constructor(target: URL, headers: Record<string, string>) {
    const lines = [
      `POST ${target.pathname} HTTP/1.1`,
      `Host: ${target.host}`,
      'Content-Type: application/json',
    ];
    for (const [name, value] of Object.entries(headers)) lines.push(`${name}: ${value}`);
    this.head = lines.join('\r\n');
    this.socket = connect({ host: target.hostname, port: Number(target.port), noDelay: true });
    this.socket.on('data', (chunk) => this.onData(chunk));
    this.socket.on('error', (error) => this.waiting?.reject(error));
    this.socket.on('close', () => this.waiting?.reject(new Error('connection closed')));
  }

  /** Resolves with the status once the whole answer is there. */
  post(body: Buffer): Promise<number> {
    return new Promise((resolve, reject) => {
      this.waiting = { resolve, reject };
      this.socket.cork();
      this.socket.write(`${this.head}\r\nContent-Length: ${body.length}\r\n\r\n`, 'latin1');
      // The template is written over for the next pass: the socket may still hold it, so it gets a copy.
      this.socket.write(Buffer.from(body));
      this.socket.uncork();
    });
  }

  close(): void {
    this.waiting = null;
    this.socket.destroy();
  }

  private onData(chunk: Buffer): void {
    this.received = this.received.length === 0 ? chunk : Buffer.concat([this.received, chunk]);
    const headEnd = this.received.indexOf(HEAD_END);
    if (headEnd < 0) return;
    const head = this.received.toString('latin1', 0, headEnd);
    const length = /content-length: *(\d+)/i.exec(head)?.[1];
    if (length === undefined) {
      this.waiting?.reject(new Error(`answer without a length: ${head.split('\r\n')[0] ?? ''}`));
      return;
    }
    if (this.received.length < headEnd + HEAD_END.length + Number(length)) return;
    this.received = Buffer.alloc(0);
    const waiting = this.waiting;
    this.waiting = null;
    waiting?.resolve(Number(head.slice(9, 12)));
  }
}
