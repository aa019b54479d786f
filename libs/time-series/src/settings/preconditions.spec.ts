import { expect, test } from '@jest/globals';
import { ProblemError } from '@tidewatch/contracts';
import { checkPreconditions, type Preconditions } from './preconditions';

const status = (conditions: Preconditions, revision?: string): number => {
  try {
    checkPreconditions(conditions, revision);
    return 200;
  } catch (error) {
    return (error as ProblemError).status;
  }
};

test.each<[Preconditions, string | undefined, number]>([
  [{}, undefined, 200],
  [{}, '7', 200],
  [{ ifMatch: ['6', '7'] }, '7', 200],
  [{ ifMatch: ['6'] }, '7', 412],
  [{ ifMatch: [] }, '7', 412],
  [{ ifMatch: '*' }, '7', 200],
  [{ ifMatch: '*' }, undefined, 412],
  [{ ifMatch: ['7'] }, undefined, 412],
  [{ ifNoneMatch: '*' }, undefined, 200],
  [{ ifNoneMatch: '*' }, '7', 412],
  [{ ifNoneMatch: ['7'] }, '7', 412],
  [{ ifNoneMatch: ['6'] }, '7', 200],
])('%j of revision %s: %i', (conditions, revision, expected) => {
  expect(status(conditions, revision)).toBe(expected);
});
