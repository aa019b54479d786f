/** A place in a trace as it travels between processes. @see https://www.w3.org/TR/trace-context/ */
export interface TraceContext {
  readonly traceparent: string;
  readonly tracestate?: string;
}

/** Headers of a request or a record; those of a trace context are looked for, and ignored when they are not valid. */
export type Carrier = Readonly<Record<string, string | string[] | undefined>>;

export type SpanKind = 'server' | 'client' | 'producer' | 'consumer';

/** Named by the semantic conventions of OpenTelemetry. @see https://opentelemetry.io/docs/specs/semconv/ */
export type Attributes = Readonly<Record<string, string | number | boolean>>;

export interface SpanOptions {
  readonly kind: SpanKind;
  readonly attributes?: Attributes;
}

/** A step of a trace. One that is not sampled tells the next service so, and does nothing else. */
export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;
  /** What the next one in the trace has to be told. */
  readonly context: TraceContext;
  child(name: string, options: SpanOptions): Span;
  /** Says that a span of another trace belongs to it. */
  link(other: TraceContext): void;
  set(attributes: Attributes): void;
  /** With the error, of which only the name is told, or a few fixed words. */
  fail(reason: unknown): void;
  /** To be called once, at the end of what the span stands for. */
  end(): void;
}

export interface Tracer {
  /** Begins a span below the one that the headers name, or a trace of its own. The sampler decides whether it is recorded. */
  begin(name: string, from: Carrier, options: SpanOptions): Span;
  /** Begins a span below the one that the context names; nothing when that is not valid or not sampled. */
  follow(name: string, from: TraceContext, options: SpanOptions): Span | undefined;
}

/** For a line of the log: what leads from it to the trace. Nothing when there is none to be found. */
export function traceFields(span: Span | undefined): { trace_id?: string; span_id?: string } {
  return span?.isSampled === true ? { trace_id: span.traceId, span_id: span.spanId } : {};
}
