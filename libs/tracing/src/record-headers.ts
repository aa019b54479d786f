import { HEADERS } from '@tidewatch/contracts';
import type { TraceContext } from './tracer';

/** A block is made of the readings of many requests: of more sampled ones than these, the first are named. */
const CONTEXTS_PER_RECORD = 8;
/** And a batch of many blocks. */
const CONTEXTS_PER_BATCH = 16;

interface WithHeaders {
  readonly headers: Readonly<Record<string, string>>;
}

/** Headers of a record that continues the given traces. The first is named as everybody does it, without the states of the others. */
export function recordHeaders(contexts: readonly TraceContext[]): Record<string, string> {
  const [first, ...further] = contexts.slice(0, CONTEXTS_PER_RECORD);
  if (first === undefined) return {};
  return {
    [HEADERS.traceparent]: first.traceparent,
    ...(first.tracestate !== undefined && { [HEADERS.tracestate]: first.tracestate }),
    ...(further.length > 0 && {
      [HEADERS.furtherTraceparents]: further.map(({ traceparent }) => traceparent).join(','),
    }),
  };
}

/** The different traces which some records continue, in their order, up to a bound. They are as they came: the tracer looks whether they are valid. */
export function contextsOf(records: readonly WithHeaders[]): TraceContext[] {
  const contexts = new Map<string, TraceContext>();
  for (const { headers } of records) {
    const traceparent = headers[HEADERS.traceparent];
    if (traceparent === undefined) continue;
    const tracestate = headers[HEADERS.tracestate];
    contexts.set(traceparent, { traceparent, ...(tracestate !== undefined && { tracestate }) });
    const further = headers[HEADERS.furtherTraceparents]?.split(',', CONTEXTS_PER_RECORD - 1) ?? [];
    for (const other of further) if (!contexts.has(other)) contexts.set(other, { traceparent: other });
    if (contexts.size >= CONTEXTS_PER_BATCH) break;
  }
  return [...contexts.values()].slice(0, CONTEXTS_PER_BATCH);
}
