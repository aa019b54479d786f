import { Histogram, register } from 'prom-client';

const NAME = 'tidewatch_http_request_duration_seconds';

/** Seconds from the head of a request to the end of its answer. Tests run several services in one process: one histogram for all. */
export function requestDurations(): Histogram<'method' | 'route' | 'status'> {
  const existing = register.getSingleMetric(NAME);
  if (existing) return existing as Histogram<'method' | 'route' | 'status'>;
  return new Histogram({
    name: NAME,
    help: 'Duration of HTTP requests by method, route template and status.',
    labelNames: ['method', 'route', 'status'],
    buckets: [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10],
  });
}
