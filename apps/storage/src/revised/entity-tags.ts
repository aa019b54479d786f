import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders } from 'node:http';
import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import type { Preconditions, RevisionMatch } from '@tidewatch/time-series';

const TAG = /(W\/)?"([\x21\x23-\x7e\x80-\xff]*)"/g;
const LIST = new RegExp(`^\\s*${TAG.source}(?:\\s*,\\s*${TAG.source})*\\s*$`);

export function tagOfRevision(revision: string): string {
  return `"${revision}"`;
}

/** Of an answer that has no revision, such as a page of a list. */
export function tagOfContent(content: unknown): string {
  const digest = createHash('sha256').update(JSON.stringify(content)).digest('base64url');
  return `"${digest.slice(0, 22)}"`;
}

/** What the caller of a change expects. `If-Match` compares strongly: a weak tag matches nothing. Throws a `ProblemError` (400). */
export function preconditionsOf(headers: IncomingHttpHeaders): Preconditions {
  const ifMatch = parse(headers, 'if-match');
  const ifNoneMatch = parse(headers, 'if-none-match');
  return {
    ...(ifMatch && { ifMatch: revisions(ifMatch, { weak: false }) }),
    ...(ifNoneMatch && { ifNoneMatch: revisions(ifNoneMatch, { weak: true }) }),
  };
}

/** Whether the caller has this answer already, so that 304 is enough. Throws a `ProblemError` (400). */
export function isKnown(headers: IncomingHttpHeaders, tag: string): boolean {
  const known = parse(headers, 'if-none-match');
  if (known === undefined) return false;
  return known === '*' || known.some(({ value }) => `"${value}"` === tag);
}

interface EntityTag {
  readonly isWeak: boolean;
  readonly value: string;
}

function revisions(match: '*' | readonly EntityTag[], { weak }: { weak: boolean }): RevisionMatch {
  return match === '*' ? '*' : match.filter(({ isWeak }) => weak || !isWeak).map(({ value }) => value);
}

/** @see https://www.rfc-editor.org/rfc/rfc9110#section-8.8.3 */
function parse(
  headers: IncomingHttpHeaders,
  name: 'if-match' | 'if-none-match',
): '*' | EntityTag[] | undefined {
  const text = headers[name];
  if (text === undefined) return undefined;
  if (text.trim() === '*') return '*';
  if (!LIST.test(text)) {
    const detail = 'Must be `*`, or ETags in double quotes.';
    throw new ProblemError(400, PROBLEM_CODES.invalidRequest, `The header ${name} is not valid.`, {
      errors: [{ pointer: `/${name}`, code: 'invalid-header', detail }],
    });
  }
  return [...text.matchAll(TAG)].map(([, weak, value]) => ({ isWeak: weak !== undefined, value: value! }));
}
