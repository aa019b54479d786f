import { Counter } from 'prom-client';

export type RefusalReason = 'missing' | 'malformed' | 'unknown' | 'wrong' | 'revoked' | 'session';

/** The reason is for operators only: callers always get the same answer. */
export const refusals = new Counter({
  name: 'tidewatch_auth_refusals_total',
  help: 'Requests whose credential was refused, by reason.',
  labelNames: ['reason'],
});
