import type { IncomingMessage, Server } from 'node:http';
import type { Duplex } from 'node:stream';

const OFFER = /^(upgrade|http2-settings)$/i;

/** Whether a request asks for a web socket, and not for some other protocol. */
export function wantsWebSocket({ method, headers }: IncomingMessage): boolean {
  return method === 'GET' && /(^|[\s,])websocket([\s,]|$)/i.test(headers.upgrade ?? '');
}

/**
 * A server may ignore an offer to change the protocol; Java's client, for one, offers HTTP/2 with every request. Node hands each
 * request with an offer over before its body was read, so it is read again from its first byte, without the offer.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.8
 */
export function ignoreUpgrade(server: Server, request: IncomingMessage, socket: Duplex, rest: Buffer): void {
  const lines = [`${request.method} ${request.url} HTTP/${request.httpVersion}`];
  for (let i = 0; i < request.rawHeaders.length; i += 2) {
    const [name = '', value = ''] = request.rawHeaders.slice(i, i + 2);
    if (OFFER.test(name)) continue;
    if (!/^connection$/i.test(name)) lines.push(`${name}: ${value}`);
    else if (withoutOffer(value) !== '') lines.push(`${name}: ${withoutOffer(value)}`);
  }
  socket.unshift(Buffer.concat([Buffer.from(`${lines.join('\r\n')}\r\n\r\n`, 'latin1'), rest]));
  server.emit('connection', socket);
}

function withoutOffer(connection: string): string {
  const tokens = connection.split(',').map((token) => token.trim());
  return tokens.filter((token) => !OFFER.test(token)).join(', ');
}
