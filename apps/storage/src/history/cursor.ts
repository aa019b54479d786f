import { createHmac, timingSafeEqual } from 'node:crypto';
import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';

const MAC_BYTES = 12;

/**
 * Cursors of lists: where a page ended, signed together with the question, so that only a cursor that we gave, for the same question,
 * is taken. They hold no secret, and they stay valid as long as the session key does.
 */
export class CursorCodec {
  readonly #key: Buffer;

  constructor(sessionKey: string) {
    this.#key = createHmac('sha256', sessionKey).update('tidewatch:cursor').digest();
  }

  /** `question` is anything that tells the list and its filters. */
  encode(question: unknown, position: readonly string[]): string {
    const payload = Buffer.from(JSON.stringify(position), 'utf8');
    return Buffer.concat([this.#mac(question, payload), payload]).toString('base64url');
  }

  /** Throws a `ProblemError` (400) when the cursor is not one of ours for this question. */
  decode(question: unknown, cursor: string): readonly string[] {
    const bytes = Buffer.from(cursor, 'base64url');
    const mac = bytes.subarray(0, MAC_BYTES);
    const payload = bytes.subarray(MAC_BYTES);
    const genuine =
      mac.length === MAC_BYTES &&
      bytes.toString('base64url') === cursor &&
      timingSafeEqual(mac, this.#mac(question, payload));
    if (!genuine) throw invalidCursor();
    return JSON.parse(payload.toString('utf8')) as string[];
  }

  #mac(question: unknown, payload: Buffer): Buffer {
    return createHmac('sha256', this.#key)
      .update(`${JSON.stringify(question)}\n`)
      .update(payload)
      .digest()
      .subarray(0, MAC_BYTES);
  }
}

function invalidCursor(): ProblemError {
  const detail = 'The cursor does not belong to this request: leave it out to begin again.';
  return new ProblemError(400, PROBLEM_CODES.invalidRequest, detail, {
    errors: [{ pointer: '/cursor', code: 'invalid-cursor', detail }],
  });
}
