import { Readable } from 'node:stream';
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyReply } from 'fastify';
import type { Dispatcher } from 'undici';
import { withoutHopByHop } from './hop-by-hop';

type Controller = Dispatcher.DispatchController;

/** Answers up to this size are sent in one piece, which costs half as much as a stream. */
const WHOLE_BYTES = 64 * 1024;
/** Answers that come bit by bit, each of which is wanted at once. */
const GRADUAL = /^(text\/event-stream|application\/x-ndjson)\b/;

/** Hands the answer of a service to a client: small ones whole, others as a stream with back-pressure. */
export class ResponseRelay implements Dispatcher.DispatchHandler {
  private controller: Controller | undefined;
  private status = 0;
  private headers: IncomingHttpHeaders = {};
  private chunks: Buffer[] = [];
  private bytes = 0;
  private stream: Readable | undefined;
  private ended = false;

  constructor(
    private readonly reply: FastifyReply,
    private readonly callbacks: {
      /** Nothing of the answer was sent: another one can be. */
      readonly onFailure: (error: Error) => void;
      /** With the status of the answer; 0 when there was none, or not the whole of it. */
      readonly onEnd: (status: number) => void;
    },
  ) {
    // A client that goes away wants no answer.
    reply.raw.on('close', () => {
      if (!this.ended) this.controller?.abort(new Error('the client went away'));
    });
  }

  onRequestStart(controller: Controller): void {
    this.controller = controller;
    if (this.reply.raw.destroyed) controller.abort(new Error('the client went away'));
  }

  onResponseStart(controller: Controller, status: number, headers: IncomingHttpHeaders): void {
    // 1xx is for the connection between the two of us.
    if (status < 200) return;
    this.status = status;
    this.headers = headers;
    const large =
      this.reply.request.method !== 'HEAD' && Number(headers['content-length'] ?? 0) > WHOLE_BYTES;
    if (large || GRADUAL.test(headers['content-type'] ?? '')) this.beginStream(controller);
  }

  onResponseData(controller: Controller, chunk: Buffer): void {
    if (this.stream === undefined) {
      this.chunks.push(chunk);
      this.bytes += chunk.length;
      // A body in chunks did not say that it is large.
      if (this.bytes > WHOLE_BYTES) this.beginStream(controller);
    } else if (!this.stream.push(chunk)) {
      controller.pause();
    }
  }

  onResponseEnd(): void {
    this.finish(this.status);
    if (this.stream) {
      this.stream.push(null);
      return;
    }
    this.sendHead();
    void this.reply.send(this.chunks.length === 1 ? this.chunks[0] : Buffer.concat(this.chunks));
  }

  onResponseError(_controller: Controller, error: Error): void {
    if (this.ended) return;
    this.finish(0);
    if (this.stream) this.stream.destroy(error);
    // A client that went away is no fault of anybody's, and waits for no answer.
    else if (!this.reply.raw.destroyed) this.callbacks.onFailure(error);
  }

  private beginStream(controller: Controller): void {
    const stream = new Readable({
      read: () => controller.resume(),
      destroy: (error, done) => {
        if (!this.ended) controller.abort(error ?? new Error('the client went away'));
        done(error);
      },
    });
    for (const chunk of this.chunks) stream.push(chunk);
    this.chunks = [];
    this.stream = stream;
    this.sendHead();
    void this.reply.send(stream);
  }

  private finish(status: number): void {
    this.ended = true;
    this.callbacks.onEnd(status);
  }

  /** What the gateway has set already (its id of the request, its security headers) stays. */
  private sendHead(): void {
    const { reply } = this;
    void reply.code(this.status);
    const kept = withoutHopByHop(this.headers);
    for (const name in kept) if (!reply.hasHeader(name)) void reply.header(name, kept[name]);
    // What is left of the request would be taken for the next one.
    if (!reply.request.raw.complete) void reply.header('connection', 'close');
  }
}
