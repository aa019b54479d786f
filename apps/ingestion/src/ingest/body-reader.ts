import type { IncomingMessage } from 'node:http';
import { LIMITS, PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import { LogOverloadedError } from '@tidewatch/messaging';
import type { FastifyInstance } from 'fastify';
import { bodyBytes } from '../metrics';

const METHODS_WITH_BODY = ['POST', 'PUT', 'PATCH', 'DELETE'];

/**
 * Reads bodies, and bounds the bytes of all that are on their way in at once. Unlike Fastify's own reading it begins when the
 * handler asks, so nobody without a key can make the service hold anything.
 */
export class BodyReader {
  private held = 0;

  constructor(private readonly maxBytes: number) {}

  /** Makes Fastify leave bodies alone. */
  static takeOver(server: FastifyInstance): void {
    for (const method of METHODS_WITH_BODY) {
      server.addHttpMethod(method, { hasBody: false, overrideExisting: true });
    }
  }

  /**
   * Resolves to the whole body. Rejects with a `ProblemError` when it is too large (413) or ends early (400), and with
   * `LogOverloadedError` when the bodies of all requests are too much. The rest of a refused body is read and dropped.
   */
  read(request: IncomingMessage): Promise<Buffer> {
    return new Promise((resolve, reject) => {
      if (request.destroyed) throw endedEarly();
      if (Number(request.headers['content-length']) > LIMITS.requestBytes) throw tooLarge();
      let chunks: Buffer[] | undefined = [];
      let length = 0;
      const settle = () => {
        chunks = undefined;
        this.change(-length);
      };
      request.on('data', (chunk: Buffer) => {
        if (chunks === undefined) return;
        const refusal = this.refusalOf(length, chunk.length);
        if (refusal === undefined) {
          chunks.push(chunk);
          length += chunk.length;
          this.change(chunk.length);
        } else {
          settle();
          reject(refusal);
        }
      });
      const end = () => {
        if (chunks === undefined) return;
        const body = chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks, length);
        settle();
        if (request.complete) resolve(body);
        else reject(endedEarly());
      };
      request.on('end', end).on('error', end).on('close', end);
    });
  }

  private refusalOf(length: number, more: number): Error | undefined {
    if (length + more > LIMITS.requestBytes) return tooLarge();
    // A body that is alone is always read, or it could never be.
    if (this.held === length || this.held + more <= this.maxBytes) return undefined;
    return new LogOverloadedError('Too many bodies are on their way in.');
  }

  private change(bytes: number): void {
    this.held += bytes;
    bodyBytes.set(this.held);
  }
}

function endedEarly(): ProblemError {
  return new ProblemError(400, PROBLEM_CODES.malformedBody, 'The body ended too early.');
}

function tooLarge(): ProblemError {
  return new ProblemError(
    413,
    PROBLEM_CODES.payloadTooLarge,
    `A body may have at most ${LIMITS.requestBytes / 1024 / 1024} MiB. Send the readings in several requests.`,
  );
}
