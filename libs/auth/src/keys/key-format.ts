import { hash, randomBytes, randomInt } from 'node:crypto';

const ID_LENGTH = 12;
const SECRET_BYTES = 32;
const ALPHABET = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const KEY = /^tw_([0-9A-Za-z]{12})_([\w-]{43})$/;

export interface ParsedKey {
  readonly id: string;
  readonly secret: string;
}

/** A new key `tw_<id>_<secret>`: the id is 12 characters of base62, the secret 32 random bytes as base64url. */
export function generateKey(): ParsedKey & { readonly key: string } {
  const id = Array.from({ length: ID_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('');
  const secret = randomBytes(SECRET_BYTES).toString('base64url');
  return { id, secret, key: `tw_${id}_${secret}` };
}

/** The parts of a key, or null when the text is not one. */
export function parseKey(text: string): ParsedKey | null {
  const match = KEY.exec(text);
  return match ? { id: match[1]!, secret: match[2]! } : null;
}

/** SHA-256, 32 bytes. Secrets have 256 bits of entropy, so a slow hash would protect nothing and cost every request. */
export function hashSecret(secret: string): Buffer {
  return hash('sha256', secret, 'buffer');
}
