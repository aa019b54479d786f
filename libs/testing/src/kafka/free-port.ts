import { createServer } from 'node:net';

const FIRST_PORT = 20_000;
/** Each of jest's workers has ports of its own, so that none takes what another has found free and not opened yet. */
const WORKERS = 4;
const PORTS_OF_WORKER = 3_000;
/** Whoever wants some in a row may take so many above the one that was found. */
const ROW = 16;

/**
 * A port below the range that operating systems give to outgoing connections (Linux: from 32768),
 * so that nobody takes it while the broker is down between two starts.
 */
export async function freePort(): Promise<number> {
  const worker = (Number(process.env['JEST_WORKER_ID'] ?? 1) - 1) % WORKERS;
  for (;;) {
    const offset = Math.floor(Math.random() * (PORTS_OF_WORKER - ROW));
    const port = FIRST_PORT + worker * PORTS_OF_WORKER + offset;
    if (await portIsFree(port)) return port;
  }
}

/** Whether 127.0.0.1:`port` can be listened on now. */
export function portIsFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
