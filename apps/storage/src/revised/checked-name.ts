import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import { complaintAboutName } from '@tidewatch/readings';

/** The name of a metric, by the rules for names in readings. Throws a `ProblemError` (422). */
export function checkedName(name: string): string {
  const complaint = complaintAboutName(name);
  if (complaint === undefined) return name;
  throw new ProblemError(422, PROBLEM_CODES.invalidRequest, 'No metric can have this name.', {
    errors: [{ pointer: '/name', ...complaint }],
  });
}
