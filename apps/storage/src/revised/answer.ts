import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import { isKnown } from './entity-tags';

/** Answers with the body, or with 304 when the caller has it. */
export function answer<Body>(
  body: Body,
  tag: string,
  { headers, reply }: { headers: IncomingHttpHeaders; reply: FastifyReply },
): Body | undefined {
  // Whoever keeps it asks again before each use.
  void reply.header('etag', tag).header('cache-control', 'private, no-cache');
  if (!isKnown(headers, tag)) return body;
  void reply.code(304);
  return undefined;
}
