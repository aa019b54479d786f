/** A segment `.` or `..`, also encoded: a service that resolves it would answer for another path than the one that was checked. */
const CLIMBING = /^[^?#]*[/\\](?:\.|%2e){1,2}(?:[/\\?#]|%2f|%5c|$)/i;
/** Whoever resolves such a path takes its first segment for a host. */
const WITHOUT_SCHEME = /^[/\\]{2}/;
/** Anything else has to be encoded, and would be sent on as something else or not at all. */
const UNENCODED = /[^\x21-\x7e]/;

/** Whether a request target may mean another path to the service behind than it does to the gateway's own routes. */
export function isOddPath(target: string): boolean {
  return CLIMBING.test(target) || WITHOUT_SCHEME.test(target) || UNENCODED.test(target);
}
