import type { IncomingHttpHeaders } from 'node:http';

/** What the gateway knows of a caller. */
export interface Caller {
  readonly ip: string;
  readonly host: string;
  readonly protocol: string;
  readonly requestId: string;
}

/** The headers for the service behind: what the client says of itself is replaced, unless a trusted proxy said it. */
export function forwardedHeaders(headers: IncomingHttpHeaders, caller: Caller): IncomingHttpHeaders {
  headers['x-forwarded-for'] = caller.ip;
  headers['x-forwarded-host'] = caller.host;
  headers['x-forwarded-proto'] = caller.protocol;
  headers['x-request-id'] = caller.requestId;
  // Others are in use as well, and nobody behind is to believe them.
  delete headers.forwarded;
  delete headers['x-forwarded-port'];
  delete headers['x-forwarded-prefix'];
  delete headers['x-forwarded-server'];
  delete headers['x-real-ip'];
  return headers;
}
