import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';

/** Revisions that a caller names, or anything that exists. */
export type RevisionMatch = '*' | readonly string[];

/** What a caller expects of what it changes (RFC 9110, section 13.1). */
export interface Preconditions {
  readonly ifMatch?: RevisionMatch;
  readonly ifNoneMatch?: RevisionMatch;
}

/** Throws a `ProblemError` (412) unless `revision`, of what is stored now, is as expected. Undefined: nothing is stored. */
export function checkPreconditions(
  { ifMatch, ifNoneMatch }: Preconditions,
  revision: string | undefined,
): void {
  if (ifMatch !== undefined && !matches(ifMatch, revision)) {
    throw failed(
      revision === undefined
        ? 'There is nothing to change.'
        : 'It was changed meanwhile: get it again, and repeat with its new ETag.',
    );
  }
  if (ifNoneMatch !== undefined && matches(ifNoneMatch, revision)) throw failed('It is there already.');
}

function matches(match: RevisionMatch, revision: string | undefined): boolean {
  return revision !== undefined && (match === '*' || match.includes(revision));
}

function failed(detail: string): ProblemError {
  return new ProblemError(412, PROBLEM_CODES.preconditionFailed, detail);
}
