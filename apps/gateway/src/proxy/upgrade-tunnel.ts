import http from 'node:http';
import https from 'node:https';
import type { IncomingHttpHeaders, IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LIVE_PATH, PROBLEM_CONTENT_TYPE, ProblemError, PROBLEM_CODES } from '@tidewatch/contracts';
import { problemOf } from '@tidewatch/service-kit';
import { forwardedHeaders, type Caller } from './forwarded-headers';
import { withoutHopByHop } from './hop-by-hop';
import { ignoreUpgrade, wantsWebSocket } from './ignore-upgrade';
import { isOddPath } from './odd-paths';
import { upstreamProblem } from './proxy-errors';

const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface TunnelOptions {
  readonly upstream: string;
  readonly maxSockets: number;
  readonly callerOf: (request: IncomingMessage) => Caller;
  /** Rejects when the address asks too often, or the credential is not valid. The service behind looks at it again. */
  readonly admit: (ip: string, headers: IncomingHttpHeaders) => Promise<void>;
}

/**
 * Passes web sockets on as bytes: the service behind answers the handshake itself, with whatever status, and a slow browser slows
 * the service's own socket down. (A proxy that speaks the protocol on both sides would accept first, and buffer without a bound.)
 */
export class UpgradeTunnel {
  private readonly open = new Set<Duplex>();

  constructor(private readonly options: TunnelOptions) {}

  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => {
      if (wantsWebSocket(request)) this.handle(request, socket, head);
      else ignoreUpgrade(server, request, socket, head);
    });
  }

  /** Ends all tunnels: browsers connect anew. */
  close(): void {
    for (const socket of this.open) socket.destroy();
  }

  private handle(request: IncomingMessage, client: Duplex, head: Buffer): void {
    client.on('error', () => client.destroy());
    const { url = '' } = request;
    if (!url.startsWith(`${LIVE_PATH}/`) || isOddPath(url)) {
      refuse(client, new ProblemError(404, PROBLEM_CODES.notFound, 'There is no socket at this path.'));
      return;
    }
    if (this.open.size >= this.options.maxSockets) {
      const extra = { retryAfterSeconds: 5 };
      refuse(client, new ProblemError(503, PROBLEM_CODES.unavailable, 'Too many sockets are open.', extra));
      return;
    }
    this.open.add(client);
    client.on('close', () => this.open.delete(client));
    const caller = this.options.callerOf(request);
    this.options
      .admit(caller.ip, request.headers)
      .then(() => this.connect(request, { client, caller, head }))
      .catch((error: unknown) => {
        refuse(client, error instanceof ProblemError ? error : upstreamProblem('dashboard', error));
      });
  }

  private connect(request: IncomingMessage, { client, caller, head }: Handshake): void {
    if (client.destroyed) return;
    const { protocol, hostname, port } = new URL(this.options.upstream);
    const headers = forwardedHeaders(withoutHopByHop(request.headers), caller);
    // A handshake has no body: what followed it belongs to the socket.
    delete headers['content-length'];
    delete headers.host;
    Object.assign(headers, { connection: 'Upgrade', upgrade: 'websocket' });
    const { request: open } = protocol === 'https:' ? https : http;
    const outgoing = open({
      ...{ protocol, hostname: hostname.replace(/^\[|\]$/g, ''), port, headers, agent: false },
      // As it was sent: a URL would be resolved first, to a path that nobody has checked.
      path: request.url,
      timeout: HANDSHAKE_TIMEOUT_MS,
    });
    outgoing.on('upgrade', (answer, upstream, upstreamHead) => {
      client.write(headOf(answer));
      client.write(upstreamHead);
      upstream.write(head);
      join(client, upstream);
    });
    // The service refused the handshake: its answer goes to the client as it is.
    outgoing.on('response', (answer) => {
      client.write(headOf(answer));
      answer.pipe(client);
      answer.on('close', () => {
        if (!answer.complete) client.destroy();
      });
    });
    const late = Object.assign(new Error('no answer to the handshake'), { code: 'HANDSHAKE_TIMEOUT' });
    outgoing.on('timeout', () => outgoing.destroy(late));
    outgoing.on('error', (error) => refuse(client, upstreamProblem('dashboard', error)));
    client.on('close', () => outgoing.destroy());
    outgoing.end();
  }
}

interface Handshake {
  readonly client: Duplex;
  readonly caller: Caller;
  /** Bytes that came with the handshake, for the socket. */
  readonly head: Buffer;
}

/** Bytes flow both ways, with back-pressure; the end of one side is the end of the other. */
function join(client: Duplex, upstream: Socket): void {
  // Sockets of HTTP servers may be half open; web sockets are not: what was received is passed on, then both end.
  client.on('end', () => upstream.destroySoon());
  upstream.on('error', () => client.destroy());
  upstream.on('close', () => client.destroy());
  client.on('close', () => upstream.destroy());
  client.pipe(upstream);
  upstream.pipe(client);
}

function headOf(answer: IncomingMessage): string {
  const lines = [`HTTP/1.1 ${answer.statusCode ?? 502} ${answer.statusMessage ?? ''}`];
  for (let i = 0; i < answer.rawHeaders.length; i += 2) {
    // A body comes out of the parser without its chunks, and ends with the connection.
    if (/^(transfer-encoding|connection)$/i.test(answer.rawHeaders[i]!) && answer.statusCode !== 101)
      continue;
    lines.push(`${answer.rawHeaders[i]!}: ${answer.rawHeaders[i + 1]!}`);
  }
  if (answer.statusCode !== 101) lines.push('connection: close');
  return `${lines.join('\r\n')}\r\n\r\n`;
}

function refuse(client: Duplex, problem: ProblemError): void {
  if (client.destroyed || client.writableEnded) return;
  const body = JSON.stringify({ ...problemOf(problem, ''), requestId: undefined });
  const lines = [
    `HTTP/1.1 ${problem.status} ${http.STATUS_CODES[problem.status] ?? ''}`,
    `content-type: ${PROBLEM_CONTENT_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    'connection: close',
  ];
  const { retryAfterSeconds } = problem.extra;
  if (retryAfterSeconds !== undefined) lines.push(`retry-after: ${retryAfterSeconds}`);
  if (problem.status === 401) lines.push('www-authenticate: Bearer realm="tidewatch"');
  client.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
