import type { IncomingMessage } from 'node:http';

/** How long a client may go on sending what nobody reads. */
const LINGER_MS = 2_000;

/**
 * Call it before the answer to a request whose body was not read to its end. Where the connection closes with the answer, Node closes both directions at once;
 * what the client sends then is answered with a reset, which also takes the answer from it. So only our direction is closed at first, and
 * what still comes is read and dropped until the client closes, or for two seconds.
 * @see https://www.rfc-editor.org/rfc/rfc9112#section-9.6
 */
export function lingerOnClose(request: IncomingMessage): void {
  if (request.complete) return;
  const { socket } = request;
  socket.destroySoon = () => {
    socket.end();
    const timer = setTimeout(() => socket.destroy(), LINGER_MS);
    socket.once('close', () => clearTimeout(timer));
  };
}
