import { LIMITS, PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import { tooManyReadings } from './request-rows';

/** Nothing that we take is nested deeper than 4; with some room, so that a near miss is told by its place. */
const MAX_DEPTH = 16;
/** An object and one of tags for each reading, and what is around them. */
const MAX_CONTAINERS = 2 * LIMITS.readingsPerRequest + MAX_DEPTH;
/** Even at its worst such a body takes a tenth of a second, and to look at it costs half as much again as to parse it. */
const HARMLESS_BYTES = 256 * 1024;
const FIELDS_OF_READING = 5;
const MAX_MEMBERS = LIMITS.readingsPerRequest * (FIELDS_OF_READING + LIMITS.tagsPerReading);

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
const COMMA = 0x2c;
/** `[` and `{`, `]` and `}` differ in this bit only. */
const BRACE_BIT = 0x20;
const OPEN = 0x7b;
const CLOSE = 0x7d;

/**
 * Refuses what no request can hold, before `JSON.parse` makes it: a body of 5 MiB that is all brackets, or all names, keeps the process busy for
 * one to two seconds. Throws a `ProblemError` (400, 413). Bytes that are no JSON are counted as `JSON.parse` would read them up to their fault.
 */
export function refuseOversizedJson(body: Buffer): void {
  if (body.length <= HARMLESS_BYTES) return;
  let depth = 0;
  let containers = 0;
  let members = 0;
  for (let i = 0; i < body.length; i++) {
    const byte = body[i]!;
    if (byte === QUOTE) {
      i = endOfString(body, i);
    } else if (byte === COMMA) {
      if (++members > MAX_MEMBERS) throw tooManyReadings();
    } else if ((byte | BRACE_BIT) === OPEN) {
      if (++depth > MAX_DEPTH) throw tooDeep();
      if (++containers > MAX_CONTAINERS) throw tooManyReadings();
    } else if ((byte | BRACE_BIT) === CLOSE) {
      depth -= 1;
    }
  }
}

/** Place of the closing quote, or behind the end. */
function endOfString(body: Buffer, start: number): number {
  for (let i = start + 1; i < body.length; i++) {
    const byte = body[i]!;
    if (byte === QUOTE) return i;
    if (byte === BACKSLASH) i += 1;
  }
  return body.length;
}

function tooDeep(): ProblemError {
  return new ProblemError(
    400,
    PROBLEM_CODES.malformedBody,
    `The body is nested deeper than ${MAX_DEPTH}: no reading is.`,
  );
}
