import { isUtf8 } from 'node:buffer';
import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import { refuseOversizedJson } from './json-size';
import { findJsonFault } from './json-syntax';

const JSON_MEDIA_TYPE = /^application\/json\s*(?:;|$)/i;
const FORM_MEDIA_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;

export function isJson(contentType: string | undefined): boolean {
  return (
    contentType !== undefined && (contentType === 'application/json' || JSON_MEDIA_TYPE.test(contentType))
  );
}

/** What `curl -d` says when it is not told otherwise. */
export function isCurlDefault(contentType: string | undefined): boolean {
  return contentType !== undefined && FORM_MEDIA_TYPE.test(contentType);
}

export function unsupportedMediaType(): ProblemError {
  return new ProblemError(
    415,
    PROBLEM_CODES.unsupportedMediaType,
    'The body must be JSON, with the header "Content-Type: application/json".',
  );
}

export function unsupportedEncoding(): ProblemError {
  return new ProblemError(
    415,
    PROBLEM_CODES.unsupportedMediaType,
    'The body must not be compressed: leave the header "Content-Encoding" out.',
  );
}

/** The JSON value of a body. Throws a `ProblemError`: 400, which tells the place of the first fault, or 413 for more than any request can hold. */
export function parseJsonBody(body: Buffer): unknown {
  if (!isUtf8(body)) throw malformed('The body is not UTF-8.');
  refuseOversizedJson(body);
  const text = body.toString('utf8');
  try {
    return JSON.parse(text) as unknown;
  } catch (cause) {
    throw malformed(describeFault(text), cause);
  }
}

function describeFault(text: string): string {
  if (text.trim() === '') return 'The body is empty.';
  const fault = findJsonFault(text);
  if (fault === undefined) return 'The body is not JSON.';
  const where = `line ${fault.line}, column ${fault.column} (character ${fault.offset})`;
  const how = fault.offset === text.length ? 'it ends too early' : 'unexpected character';
  return `The body is not JSON: ${how} at ${where}.`;
}

function malformed(detail: string, cause?: unknown): ProblemError {
  return new ProblemError(400, PROBLEM_CODES.malformedBody, detail, { cause });
}
