import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import { findKeyRecords, type KeyRecord } from '../keys/api-keys';
import { KeyCache } from '../keys/key-cache';
import { hashSecret, parseKey, type ParsedKey } from '../keys/key-format';
import { KeyLookup } from '../keys/key-lookup';
import { AUTH_OPTIONS, type AuthOptions } from '../options';
import { openSession, sessionIn, type SessionClaims } from '../sessions/session-cookie';
import { refusals, type RefusalReason } from './metrics';
import type { CredentialHeaders, Principal } from './principal';
import { untilGrid } from './refusal-clock';

/** Stands in for what is missing, so that every refusal does the work of a comparison. */
const DUMMY: ParsedKey = { id: '', secret: 'x'.repeat(43) };
const DUMMY_HASH = Buffer.alloc(32);
const BEARER = /^Bearer +/i;

type Credential = { key: ParsedKey } | { session: SessionClaims } | { refused: RefusalReason };

/** Decides who calls. One hash and one comparison when the key was seen in the last seconds; no database then. */
@Injectable()
export class CredentialVerifier {
  private readonly cache: KeyCache;
  private readonly sessionKey: string;

  constructor(@Inject(AUTH_OPTIONS) { pool, sessionKey }: AuthOptions) {
    const lookup = new KeyLookup((ids) => findKeyRecords(pool, ids));
    this.cache = new KeyCache((id) => lookup.get(id));
    this.sessionKey = sessionKey;
  }

  /**
   * The caller, or null when there is no credential or it is not valid. A refusal takes the same time whatever its reason.
   * Throws a 503 `ProblemError` when the key is not known here and the database is away.
   */
  async verify(headers: CredentialHeaders): Promise<Principal | null> {
    const startedAtMs = performance.now();
    const credential = this.read(headers);
    const known = 'refused' in credential ? null : await this.find(credential);
    const principal = this.judge(credential, known);
    if (principal === null) await untilGrid(startedAtMs);
    return principal;
  }

  /** For hot paths: the caller when it can be told without waiting, else undefined; ask `verify` then. */
  verifyNow(headers: CredentialHeaders): Principal | undefined {
    const credential = this.read(headers);
    if ('refused' in credential) return undefined;
    const id = keyIdOf(credential);
    const known = id === undefined ? null : this.cache.peek(id);
    if (known === undefined || (known === null && id !== undefined) || known?.revoked === true)
      return undefined;
    return this.judge(credential, known, 'quiet') ?? undefined;
  }

  /** A key was created or revoked: the next request asks the database. */
  forget(keyId: string): void {
    this.cache.invalidate(keyId);
  }

  /** A header that is there decides: a wrong key is not made up for by a good cookie. */
  private read(headers: CredentialHeaders): Credential {
    const given = headers['x-api-key'] ?? headers.authorization?.replace(BEARER, '');
    if (given !== undefined) {
      const key = typeof given === 'string' ? parseKey(given) : null;
      return key ? { key } : { refused: 'malformed' };
    }
    const value = headers.cookie === undefined ? undefined : sessionIn(headers.cookie);
    if (value === undefined) return { refused: 'missing' };
    const session = openSession(value, this.sessionKey, Date.now());
    return session ? { session } : { refused: 'session' };
  }

  private async find(credential: Credential): Promise<KeyRecord | null> {
    const id = keyIdOf(credential);
    if (id === undefined) return null;
    try {
      return await this.cache.get(id);
    } catch (cause) {
      throw new ProblemError(503, PROBLEM_CODES.unavailable, 'Credentials cannot be checked at the moment.', {
        retryAfterSeconds: 2,
        cause,
      });
    }
  }

  private judge(credential: Credential, record: KeyRecord | null, mode?: 'quiet'): Principal | null {
    const key = 'key' in credential ? credential.key : DUMMY;
    const equal = timingSafeEqual(hashSecret(key.secret), record?.secretHash ?? DUMMY_HASH);
    const reason = refusalOf(credential, record, equal);
    if (reason !== undefined) {
      if (mode !== 'quiet') refusals.inc({ reason });
      return null;
    }
    if ('session' in credential) {
      const { keyId, scopes } = credential.session;
      return { id: keyId ?? 'sign-in-link', scopes, via: 'session' };
    }
    return { id: record!.id, scopes: record!.scopes, via: 'key' };
  }
}

function keyIdOf(credential: Credential): string | undefined {
  if ('key' in credential) return credential.key.id;
  return 'session' in credential ? credential.session.keyId : undefined;
}

function refusalOf(
  credential: Credential,
  record: KeyRecord | null,
  equal: boolean,
): RefusalReason | undefined {
  if ('refused' in credential) return credential.refused;
  if (keyIdOf(credential) === undefined) return undefined;
  if (record === null) return 'unknown';
  if ('key' in credential && !equal) return 'wrong';
  return record.revoked ? 'revoked' : undefined;
}
