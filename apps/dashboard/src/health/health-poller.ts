import type { ServiceHealth } from '@tidewatch/contracts';
import { z } from 'zod';
import type { HealthBoard } from '../frames/health-source';

const TIMEOUT_MS = 1_500;

/** What terminus answers on `/readyz`, green or red. */
const readiness = z.object({
  details: z.record(z.string(), z.object({ status: z.string() })).default({}),
});

/** Asks every service whether it is ready, again and again; holds the last answers. */
export class HealthPoller implements HealthBoard {
  #services: readonly ServiceHealth[];
  #version = 0;
  #timer: NodeJS.Timeout | undefined;

  /** `urls`: base address by name of service. */
  constructor(
    private readonly urls: ReadonlyMap<string, string>,
    private readonly intervalMs = 2_000,
  ) {
    this.#services = [...urls.keys()].map((service) => ({ service, status: 'unreachable', checks: {} }));
  }

  get services(): readonly ServiceHealth[] {
    return this.#services;
  }

  get version(): number {
    return this.#version;
  }

  start(): void {
    const round = async (): Promise<void> => {
      await this.poll();
      if (this.#timer !== undefined) this.#timer = setTimeout(() => void round(), this.intervalMs);
    };
    this.#timer = setTimeout(() => void round(), 0);
  }

  stop(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
  }

  /** One round. Never rejects. */
  async poll(): Promise<void> {
    const services = await Promise.all([...this.urls].map(([service, url]) => ask(service, url)));
    if (JSON.stringify(services) === JSON.stringify(this.#services) && this.#version > 0) return;
    this.#services = services;
    this.#version++;
  }
}

async function ask(service: string, url: string): Promise<ServiceHealth> {
  try {
    const response = await fetch(new URL('/readyz', url), { signal: AbortSignal.timeout(TIMEOUT_MS) });
    const answer = readiness.safeParse(await response.json());
    const checks: ServiceHealth['checks'] = {};
    for (const [name, { status }] of Object.entries(answer.data?.details ?? {})) {
      checks[name] = status === 'up' ? 'up' : 'down';
    }
    return { service, status: response.ok ? 'ready' : 'not-ready', checks };
  } catch {
    // Refused, timed out, or not JSON: nobody answers there as a service of ours would.
    return { service, status: 'unreachable', checks: {} };
  }
}
