/** The validated configuration of the service. */
export const SERVICE_CONFIG = Symbol('tidewatch:service-config');

/** The service's pool of PostgreSQL connections (`pg.Pool`). */
export const PG_POOL = Symbol('tidewatch:pg-pool');
