import { LIMITS } from '@tidewatch/contracts';

/** What is wrong with a value: a stable code and a sentence for the one who sent it. */
export interface Complaint {
  readonly code: string;
  readonly detail: string;
}

const MUST_BE_STRING: Complaint = { code: 'wrong-type', detail: 'Must be a string.' };
const MUST_NOT_BE_EMPTY: Complaint = { code: 'empty', detail: 'Must not be empty.' };
const TOO_LONG: Complaint = {
  code: 'too-long',
  detail: `Must not be longer than ${LIMITS.nameBytes} bytes in UTF-8.`,
};
const CONTROL_CHARACTER: Complaint = {
  code: 'control-character',
  detail: 'Must not contain NUL or other control characters.',
};
const LONE_SURROGATE: Complaint = {
  code: 'lone-surrogate',
  detail: 'Must be well-formed Unicode: it contains half of a surrogate pair.',
};

/** Why a value cannot be a device, metric, tag key or tag value; undefined when it can. */
export function complaintAboutName(value: unknown): Complaint | undefined {
  if (typeof value !== 'string') return MUST_BE_STRING;
  if (value === '') return MUST_NOT_BE_EMPTY;
  // No string is shorter in UTF-8 than in UTF-16 code units, so the loop below is bounded.
  if (value.length > LIMITS.nameBytes) return TOO_LONG;
  let bytes = 0;
  for (let i = 0; i < value.length; i++) {
    const code = value.charCodeAt(i);
    if (isControl(code)) return CONTROL_CHARACTER;
    if (isSurrogate(code)) {
      if (!isPair(code, value.charCodeAt(i + 1))) return LONE_SURROGATE;
      i += 1;
      bytes += 4;
    } else {
      bytes += code < 0x80 ? 1 : code < 0x800 ? 2 : 3;
    }
  }
  return bytes > LIMITS.nameBytes ? TOO_LONG : undefined;
}

function isControl(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && code < 0xa0);
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

function isPair(high: number, low: number): boolean {
  return high <= 0xdbff && low >= 0xdc00 && low <= 0xdfff;
}
