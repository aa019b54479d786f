/** Microseconds from 1970-01-01 to 2000-01-01, where PostgreSQL's timestamps begin. */
export const POSTGRES_EPOCH_US = 946_684_800_000_000;
/** Timestamps are 64-bit; we handle them as two halves. */
export const TWO_TO_32 = 4_294_967_296;
