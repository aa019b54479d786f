import { createHmac, timingSafeEqual } from 'node:crypto';
import { scope, type Scope } from '@tidewatch/contracts';
import { z } from 'zod';

export const SESSION_COOKIE = 'tidewatch_session';
export const SESSION_LIFETIME_MS = 12 * 60 * 60_000;
/** Longer values are not cookies of ours. */
const MAX_LENGTH = 1_024;

const payload = z.object({ kid: z.string().optional(), scopes: z.array(scope), exp: z.number() });

export interface SessionClaims {
  /** The key that was used to sign in; undefined for a sign-in link. */
  readonly keyId: string | undefined;
  readonly scopes: readonly Scope[];
  /** Milliseconds since the epoch. */
  readonly expiresAtMs: number;
}

/** The value of a session cookie: base64url of the claims as JSON, a dot, and the HMAC-SHA-256 of it. */
export function sealSession(claims: SessionClaims, key: string): string {
  const { keyId: kid, scopes, expiresAtMs: exp } = claims;
  const body = Buffer.from(JSON.stringify({ kid, scopes, exp })).toString('base64url');
  return `${body}.${sign(body, key).toString('base64url')}`;
}

/** The claims of a value that is authentic and not expired, else null. */
export function openSession(value: string, key: string, nowMs: number): SessionClaims | null {
  if (value.length > MAX_LENGTH) return null;
  const [body, signature, ...rest] = value.split('.');
  if (body === undefined || signature === undefined || rest.length > 0) return null;
  const given = Buffer.from(signature, 'base64url');
  const expected = sign(body, key);
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) return null;
  // Authentic means that we wrote it; the schema is for values of an older version.
  const parsed = payload.safeParse(JSON.parse(Buffer.from(body, 'base64url').toString()));
  if (!parsed.success || parsed.data.exp <= nowMs) return null;
  return { keyId: parsed.data.kid, scopes: parsed.data.scopes, expiresAtMs: parsed.data.exp };
}

/** The session's value in a `Cookie` header. */
export function sessionIn(cookieHeader: string): string | undefined {
  for (const pair of cookieHeader.split(';')) {
    const at = pair.indexOf('=');
    if (at > 0 && pair.slice(0, at).trim() === SESSION_COOKIE) return pair.slice(at + 1).trim();
  }
  return undefined;
}

/** A `Set-Cookie` header. `value` null ends the session. `secure` when the request came over https. */
export function sessionSetCookie(value: string | null, secure: boolean): string {
  const maxAge = value === null ? 0 : SESSION_LIFETIME_MS / 1000;
  const flags = `Path=/; HttpOnly; SameSite=Strict${secure ? '; Secure' : ''}`;
  return `${SESSION_COOKIE}=${value ?? ''}; Max-Age=${maxAge}; ${flags}`;
}

function sign(body: string, key: string): Buffer {
  return createHmac('sha256', key).update(body).digest();
}
