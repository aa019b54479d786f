import type { Pool } from 'pg';
import { Gauge, register } from 'prom-client';
import type { Readiness } from './readiness';

const CHECK_UP = 'tidewatch_readiness_check_up';
const CONNECTIONS = 'tidewatch_database_connections';

/** What a scrape looks up at that moment. Tests run several services in one process: the last one counts. */
export function exportState(readiness: Readiness, pool: Pool): void {
  for (const name of [CHECK_UP, CONNECTIONS]) register.removeSingleMetric(name);
  new Gauge({
    name: CHECK_UP,
    help: 'What the service needs to do its work, by check of /readyz: 1 up, 0 down.',
    labelNames: ['check'],
    async collect() {
      const results = await readiness.run();
      this.reset();
      for (const { name, up } of results) this.set({ check: name }, up ? 1 : 0);
    },
  });
  new Gauge({
    name: CONNECTIONS,
    help: "Connections of the service's pool by state: used, idle; and requests that are waiting for one.",
    labelNames: ['state'],
    collect() {
      this.set({ state: 'used' }, pool.totalCount - pool.idleCount);
      this.set({ state: 'idle' }, pool.idleCount);
      this.set({ state: 'waiting' }, pool.waitingCount);
    },
  });
}
