import { Bodies, type Plant } from './bodies';
import { HttpConnection } from './http-connection';

export interface LoadPlan extends Plant {
  readonly url: string;
  readonly key: string;
  readonly connections: number;
  readonly seconds: number;
}

export interface LoadResult {
  /** Time of the first request, milliseconds since the epoch. */
  readonly startedAtMs: number;
  /** Wall clock from the first request to the last answer, seconds. */
  readonly seconds: number;
  readonly requests: number;
  readonly acknowledged: number;
  /** Readings of requests answered with anything but 202, by status. */
  readonly refused: Record<string, number>;
  readonly ackMs: { p50: number; p99: number; max: number };
}

export function percentile(sorted: Float64Array, share: number): number {
  if (sorted.length === 0) return NaN;
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)]!;
}

/** Closed loop: each connection sends its next request when the last one was answered. */
export async function runLoad(plan: LoadPlan): Promise<LoadResult> {
  const bodies = new Bodies(plan);
  const refused: Record<string, number> = {};
  const latencies: number[] = [];
  const startedAt = performance.now();
  const epochMs = Date.now();
  const until = startedAt + plan.seconds * 1000;
  let cursor = 0;
  let acknowledged = 0;
  let passTimeMs = epochMs;

  const worker = async (): Promise<void> => {
    const connection = new HttpConnection(new URL(plan.url), { 'X-API-Key': plan.key });
    while (performance.now() < until) {
      const turn = cursor++;
      const chunk = turn % bodies.chunks;
      // Each pass has a later time than the one before, whatever the clock's resolution: every reading is a new identity.
      if (chunk === 0) passTimeMs = Math.max(passTimeMs + 0.001, epochMs + performance.now() - startedAt);
      const { body, readings } = bodies.next(chunk, Math.floor(turn / bodies.chunks), passTimeMs);
      const sentAt = performance.now();
      const status = await connection.post(body);
      latencies.push(performance.now() - sentAt);
      if (status === 202) acknowledged += readings;
      else refused[String(status)] = (refused[String(status)] ?? 0) + readings;
    }
    connection.close();
  };
  await Promise.all(Array.from({ length: plan.connections }, worker));

  const seconds = (performance.now() - startedAt) / 1000;
  const sorted = Float64Array.from(latencies).sort();
  const ackMs = { p50: percentile(sorted, 0.5), p99: percentile(sorted, 0.99), max: percentile(sorted, 1) };
  return { startedAtMs: epochMs, seconds, requests: latencies.length, acknowledged, refused, ackMs };
}
