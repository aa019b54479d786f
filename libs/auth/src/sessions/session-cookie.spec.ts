import { describe, expect, test } from '@jest/globals';
import { scope, type Scope } from '@tidewatch/contracts';
import fc from 'fast-check';
import { openSession, sealSession, sessionIn, sessionSetCookie, type SessionClaims } from './session-cookie';

const KEY = 'k'.repeat(32);
const claims: SessionClaims = { keyId: 'abc', scopes: ['read'], expiresAtMs: 2_000 };

const anyClaims = fc.record({
  keyId: fc.option(fc.string(), { nil: undefined }),
  scopes: fc.subarray<Scope>([...scope.options]),
  expiresAtMs: fc.integer({ min: 1, max: 8_640_000_000_000_000 }),
});

describe('a session', () => {
  test('is read back with the key that sealed it', () => {
    fc.assert(
      fc.property(anyClaims, fc.string({ minLength: 32 }), (given, key) => {
        // Longer key ids than ours would not fit into a cookie.
        fc.pre(JSON.stringify(given).length < 500);
        expect(openSession(sealSession(given, key), key, given.expiresAtMs - 1)).toEqual(given);
      }),
    );
  });

  test('is not accepted with any character changed, cut off or added', () => {
    const value = sealSession(claims, KEY);
    for (let i = 0; i < value.length; i += 1) {
      const changed = value.slice(0, i) + (value[i] === 'A' ? 'B' : 'A') + value.slice(i + 1);
      // The last character of base64url carries unused bits: another spelling of the same signature is no forgery.
      if (
        Buffer.from(changed.split('.')[1] ?? '', 'base64url').equals(
          Buffer.from(value.split('.')[1]!, 'base64url'),
        ) &&
        i > value.indexOf('.')
      )
        continue;
      expect(openSession(changed, KEY, 0)).toBeNull();
      expect(openSession(value.slice(0, i), KEY, 0)).toBeNull();
    }
    expect(openSession(`${value}.x`, KEY, 0)).toBeNull();
    expect(openSession(value, 'o'.repeat(32), 0)).toBeNull();
  });

  test('ends', () => {
    const value = sealSession(claims, KEY);
    expect(openSession(value, KEY, 1_999)).toEqual(claims);
    expect(openSession(value, KEY, 2_000)).toBeNull();
  });

  test('any text is refused without an error', () => {
    fc.assert(fc.property(fc.string({ unit: 'binary' }), (text) => openSession(text, KEY, 0) === null));
    expect(openSession('a'.repeat(100_000), KEY, 0)).toBeNull();
  });

  test('with scopes that are none any more is refused', () => {
    const old = sealSession({ ...claims, scopes: ['root' as Scope] }, KEY);
    expect(openSession(old, KEY, 0)).toBeNull();
  });
});

test.each([
  ['tidewatch_session=a.b', 'a.b'],
  ['other=1; tidewatch_session=a.b; more=2', 'a.b'],
  ['other=tidewatch_session=x', undefined],
  ['xtidewatch_session=x', undefined],
  ['', undefined],
  [';;=;', undefined],
])('the cookie header %j holds %j', (header, value) => {
  expect(sessionIn(header)).toBe(value);
});

test('the cookie is for this site only, not for scripts, and secure on https', () => {
  expect(sessionSetCookie('v', false)).toBe(
    'tidewatch_session=v; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict',
  );
  expect(sessionSetCookie('v', true)).toBe(
    'tidewatch_session=v; Max-Age=43200; Path=/; HttpOnly; SameSite=Strict; Secure',
  );
  expect(sessionSetCookie(null, true)).toContain('tidewatch_session=; Max-Age=0;');
});
