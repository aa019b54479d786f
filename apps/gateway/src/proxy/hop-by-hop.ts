import type { IncomingHttpHeaders } from 'node:http';

/** Headers of one connection, not of a message. `expect` was answered by our own server. */
const HOP_BY_HOP = new Set([
  'connection',
  'expect',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/**
 * A copy without the headers that end at a proxy: the fixed ones and those which `Connection` names.
 * @see https://www.rfc-editor.org/rfc/rfc9110#section-7.6.1
 */
export function withoutHopByHop(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  const { connection } = headers;
  const named = connection === undefined || isUsual(connection) ? undefined : tokensOf(connection);
  const copy: IncomingHttpHeaders = {};
  for (const name in headers) {
    if (HOP_BY_HOP.has(name) || named?.has(name) === true) continue;
    copy[name] = headers[name];
  }
  return copy;
}

function isUsual(connection: string): boolean {
  return connection === 'keep-alive' || connection === 'close' || connection === 'Keep-Alive';
}

function tokensOf(connection: string): ReadonlySet<string> {
  return new Set(connection.split(',').map((token) => token.trim().toLowerCase()));
}
