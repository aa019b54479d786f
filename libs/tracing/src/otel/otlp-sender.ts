import { setTimeout as delay } from 'node:timers/promises';
import { type ExportResult, ExportResultCode } from '@opentelemetry/core';
import { ProtobufTraceSerializer } from '@opentelemetry/otlp-transformer';
import type { ReadableSpan, SpanExporter } from '@opentelemetry/sdk-trace';

/** In this time a batch is at the collector, or it is dropped. */
const DEADLINE_MS = 5_000;
const FIRST_DELAY_MS = 250;
/** What may be better at the next try. @see https://opentelemetry.io/docs/specs/otlp/#retryable-response-codes */
const RETRYABLE = new Set([429, 502, 503, 504]);

/** Sends spans to a collector by OTLP over HTTP, as Protobuf. (The exporter of the SDK takes settings from the environment behind our back.) */
export class OtlpSender implements SpanExporter {
  private readonly ending = new AbortController();

  constructor(
    private readonly url: string,
    private readonly headers: Readonly<Record<string, string>>,
  ) {}

  export(spans: ReadableSpan[], done: (result: ExportResult) => void): void {
    this.send(spans).then(
      () => done({ code: ExportResultCode.SUCCESS }),
      (error: unknown) => done({ code: ExportResultCode.FAILED, error: error as Error }),
    );
  }

  /** From now on everything is tried once: who waits for the end of the process does not wait for a collector. */
  tryOnce(): void {
    this.ending.abort();
  }

  shutdown(): Promise<void> {
    this.tryOnce();
    return Promise.resolve();
  }

  private async send(spans: ReadableSpan[]): Promise<void> {
    const body = ProtobufTraceSerializer.serializeRequest(spans);
    if (body === undefined) throw new Error('the spans could not be encoded');
    const late = AbortSignal.timeout(DEADLINE_MS);
    const over = AbortSignal.any([late, this.ending.signal]);
    for (let delayMs = FIRST_DELAY_MS; ; delayMs *= 2) {
      const fault = await this.post(body, late);
      if (fault === undefined) return;
      if (!fault.mayPass || over.aborted) throw new Error(fault.what);
      await delay(delayMs, undefined, { signal: over, ref: false }).catch(() => {
        throw new Error(fault.what);
      });
    }
  }

  private async post(
    body: Uint8Array,
    signal: AbortSignal,
  ): Promise<{ what: string; mayPass: boolean } | undefined> {
    try {
      const answer = await fetch(this.url, {
        method: 'POST',
        headers: { ...this.headers, 'content-type': 'application/x-protobuf' },
        body: new Uint8Array(body),
        redirect: 'error',
        signal,
      });
      // What it says beside the status is of no use here, and the connection is to be used again.
      await answer.arrayBuffer();
      if (answer.ok) return undefined;
      return { what: `the collector answers ${answer.status}`, mayPass: RETRYABLE.has(answer.status) };
    } catch (error) {
      return { what: reasonOf(error), mayPass: true };
    }
  }
}

/** `fetch` says what happened in the cause. */
function reasonOf(error: unknown): string {
  const { cause } = error as { cause?: { code?: string; message?: string } };
  return cause?.code ?? cause?.message ?? String(error);
}
