import type { Attributes, Span, SpanOptions, TraceContext, Tracer } from './tracer';

/**
 * One step that is done once for many traces, such as the transaction of a batch: a span in each of them, so that each trace is whole. The first
 * is the batch's own and is linked with what the others continue; the others are linked with it.
 */
export class BatchSpans {
  private constructor(private readonly spans: readonly Span[]) {}

  /** Nothing when none of the contexts is valid and sampled. */
  static begin(
    tracer: Tracer,
    name: string,
    contexts: readonly TraceContext[],
    options: SpanOptions,
  ): BatchSpans | undefined {
    const spans: Span[] = [];
    for (const context of contexts) {
      const span = tracer.follow(name, context, options);
      if (span?.isSampled !== true) continue;
      const own = spans[0];
      own?.link(context);
      if (own !== undefined) span.link(own.context);
      spans.push(span);
    }
    return spans.length > 0 ? new BatchSpans(spans) : undefined;
  }

  /** What continues the step has to be told. */
  get contexts(): TraceContext[] {
    return this.spans.map(({ context }) => context);
  }

  child(name: string, options: SpanOptions): BatchSpans {
    const spans = this.spans.map((span) => span.child(name, options));
    const own = spans[0]!;
    for (const other of spans.slice(1)) {
      own.link(other.context);
      other.link(own.context);
    }
    return new BatchSpans(spans);
  }

  set(attributes: Attributes): void {
    for (const span of this.spans) span.set(attributes);
  }

  fail(reason: unknown): void {
    for (const span of this.spans) span.fail(reason);
  }

  end(): void {
    for (const span of this.spans) span.end();
  }
}
