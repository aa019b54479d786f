import type { Pool } from 'pg';

export const AUTH_OPTIONS = Symbol('tidewatch:auth-options');

export interface AuthOptions {
  /** For looking keys up; the table is `api_keys`. */
  readonly pool: Pool;
  /** Secret that signs sessions: the same for all services. */
  readonly sessionKey: string;
}
