import * as api from '@opentelemetry/api';
import { W3CTraceContextPropagator } from '@opentelemetry/core';
import type { Attributes, Carrier, Span, SpanKind, SpanOptions, TraceContext, Tracer } from '../tracer';

const KINDS: Record<SpanKind, api.SpanKind> = {
  server: api.SpanKind.SERVER,
  client: api.SpanKind.CLIENT,
  producer: api.SpanKind.PRODUCER,
  consumer: api.SpanKind.CONSUMER,
};

const propagator = new W3CTraceContextPropagator();

/** The context that the headers name; the empty one when they name none that is valid. */
function contextOf(carrier: Carrier): api.Context {
  return propagator.extract(api.ROOT_CONTEXT, carrier, api.defaultTextMapGetter);
}

/** Contexts are handed on by name and not by an AsyncLocalStorage, which would slow every promise of the process down. */
export class OtelTracer implements Tracer {
  constructor(private readonly tracer: api.Tracer) {}

  begin(name: string, from: Carrier, options: SpanOptions): Span {
    return start(this.tracer, name, options, contextOf(from));
  }

  follow(name: string, from: TraceContext, options: SpanOptions): Span | undefined {
    const parent = contextOf({ ...from });
    const flags = api.trace.getSpanContext(parent)?.traceFlags ?? api.TraceFlags.NONE;
    return isSampled(flags) ? start(this.tracer, name, options, parent) : undefined;
  }
}

class OtelSpan implements Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly isSampled: boolean;

  constructor(
    private readonly tracer: api.Tracer,
    private readonly span: api.Span,
  ) {
    const { traceId, spanId, traceFlags } = span.spanContext();
    this.traceId = traceId;
    this.spanId = spanId;
    this.isSampled = isSampled(traceFlags);
  }

  get context(): TraceContext {
    const { traceId, spanId, isSampled } = this;
    const traceparent = `00-${traceId}-${spanId}-${isSampled ? '01' : '00'}`;
    const tracestate = this.span.spanContext().traceState?.serialize();
    return tracestate ? { traceparent, tracestate } : { traceparent };
  }

  child(name: string, options: SpanOptions): Span {
    if (!this.isSampled) return this;
    return start(this.tracer, name, options, api.trace.setSpan(api.ROOT_CONTEXT, this.span));
  }

  link(other: TraceContext): void {
    const context = api.trace.getSpanContext(contextOf({ ...other }));
    if (context) this.span.addLink({ context });
  }

  set(attributes: Attributes): void {
    this.span.setAttributes(attributes);
  }

  fail(reason: unknown): void {
    // Not the message: what it quotes is for the log, which takes secrets out.
    this.span.setStatus({ code: api.SpanStatusCode.ERROR });
    this.span.setAttribute('error.type', reason instanceof Error ? reason.name : String(reason));
  }

  end(): void {
    this.span.end();
  }
}

function start(tracer: api.Tracer, name: string, options: SpanOptions, parent: api.Context): Span {
  const { kind, attributes = {} } = options;
  return new OtelSpan(tracer, tracer.startSpan(name, { kind: KINDS[kind], attributes }, parent));
}

function isSampled(flags: number): boolean {
  return (flags & api.TraceFlags.SAMPLED) !== 0;
}
