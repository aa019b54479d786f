import http from 'node:http';
import https from 'node:https';
import type { IncomingMessage, Server } from 'node:http';
import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { LIVE_PATH, PROBLEM_CONTENT_TYPE, ProblemError, PROBLEM_CODES } from '@tidewatch/contracts';
import { problemOf } from '@tidewatch/service-kit';
import { forwardedHeaders, type Caller } from './forwarded-headers';
import { upstreamProblem } from './proxy-errors';

const HANDSHAKE_TIMEOUT_MS = 10_000;

export interface TunnelOptions {
  readonly upstream: string;
  readonly maxSockets: number;
  readonly callerOf: (request: IncomingMessage) => Caller;
}

/**
 * Passes web sockets on as bytes: the service behind answers the handshake itself, with whatever status, and a slow browser slows
 * the service's own socket down. (A proxy that speaks the protocol on both sides would accept first, and buffer without a bound.)
 */
export class UpgradeTunnel {
  private readonly open = new Set<Duplex>();

  constructor(private readonly options: TunnelOptions) {}

  attach(server: Server): void {
    server.on('upgrade', (request, socket, head) => this.handle(request, socket, head));
  }

  /** Ends all tunnels: browsers connect anew. */
  close(): void {
    for (const socket of this.open) socket.destroy();
  }

  private handle(request: IncomingMessage, client: Duplex, head: Buffer): void {
    client.on('error', () => client.destroy());
    const path = request.url?.split('?', 1)[0] ?? '';
    if (!path.startsWith(`${LIVE_PATH}/`)) {
      refuse(client, new ProblemError(404, PROBLEM_CODES.notFound, 'There is no socket at this path.'));
    }
    if (this.open.size >= this.options.maxSockets) {
      const extra = { retryAfterSeconds: 5 };
      refuse(client, new ProblemError(503, PROBLEM_CODES.unavailable, 'Too many sockets are open.', extra));
      return;
    }
    this.open.add(client);
    client.on('close', () => this.open.delete(client));
    this.connect(request, client, head);
  }

  private connect(request: IncomingMessage, client: Duplex, head: Buffer): void {
    const target = new URL(request.url ?? '/', this.options.upstream);
    const headers = forwardedHeaders({ ...request.headers }, this.options.callerOf(request));
    const { request: open } = target.protocol === 'https:' ? https : http;
    const outgoing = open(target, { method: 'GET', headers, agent: false, timeout: HANDSHAKE_TIMEOUT_MS });
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
    });
    outgoing.on('timeout', () => outgoing.destroy(new Error('handshake timed out')));
    outgoing.on('error', (error) => refuse(client, upstreamProblem('dashboard', error)));
    client.on('close', () => outgoing.destroy());
    outgoing.end();
  }
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
    `HTTP/1.1 ${problem.status} ${problem.status === 404 ? 'Not Found' : 'Service Unavailable'}`,
    `content-type: ${PROBLEM_CONTENT_TYPE}`,
    `content-length: ${Buffer.byteLength(body)}`,
    ...(problem.extra.retryAfterSeconds === undefined
      ? []
      : [`retry-after: ${problem.extra.retryAfterSeconds}`]),
    'connection: close',
  ];
  client.end(`${lines.join('\r\n')}\r\n\r\n${body}`);
}
