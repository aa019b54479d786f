import { describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { generateKey, hashSecret, parseKey } from './key-format';

describe('keys', () => {
  test('a generated key is read back', () => {
    for (let i = 0; i < 200; i += 1) {
      const { id, secret, key } = generateKey();
      expect(id).toMatch(/^[0-9A-Za-z]{12}$/);
      expect(Buffer.from(secret, 'base64url')).toHaveLength(32);
      expect(parseKey(key)).toEqual({ id, secret });
    }
  });

  test('no two keys are alike', () => {
    const keys = Array.from({ length: 500 }, generateKey);
    expect(new Set(keys.map(({ id }) => id)).size).toBe(500);
    expect(new Set(keys.map(({ secret }) => secret)).size).toBe(500);
  });

  test('other texts are no keys', () => {
    const { key } = generateKey();
    const others = [
      '',
      'tw_',
      key.slice(1),
      key.slice(0, -1),
      `${key}x`,
      ` ${key}`,
      `${key}\n`,
      key.toUpperCase(),
      key.replace('tw_', 'tx_'),
    ];
    for (const text of others) expect(parseKey(text)).toBeNull();
  });

  test('any text is read without an error, and only what has the form is a key', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        const parsed = parseKey(text);
        return parsed === null || `tw_${parsed.id}_${parsed.secret}` === text;
      }),
    );
  });

  test('the hash is SHA-256', () => {
    expect(hashSecret('abc').toString('hex')).toBe(
      'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    );
  });
});
