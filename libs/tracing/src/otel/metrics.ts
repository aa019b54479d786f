import { Counter } from 'prom-client';

export const spans = new Counter({
  name: 'tidewatch_trace_spans_total',
  help: 'Sampled spans by outcome: exported, failed (the collector did not take them), dropped (too many waited).',
  labelNames: ['outcome'] as const,
});
