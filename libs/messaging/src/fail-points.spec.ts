import { afterEach, expect, jest, test } from '@jest/globals';
import { armFailPoint, failPoint } from './fail-points';

afterEach(() => {
  jest.restoreAllMocks();
});

test('kills the process the nth time, and at no other point', () => {
  const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
  failPoint('storage.after-commit');
  armFailPoint('storage.after-commit@3');
  for (let i = 0; i < 2; i += 1) failPoint('storage.after-commit');
  failPoint('storage.before-resolve');
  expect(kill).not.toHaveBeenCalled();
  failPoint('storage.after-commit');
  expect(kill).toHaveBeenCalledWith(process.pid, 'SIGKILL');
  expect(kill).toHaveBeenCalledTimes(1);
});

test('the first time, when no number is given', () => {
  const kill = jest.spyOn(process, 'kill').mockReturnValue(true);
  armFailPoint('storage-anomalies.before-resolve');
  failPoint('storage-anomalies.before-resolve');
  expect(kill).toHaveBeenCalledTimes(1);
});

test.each(['', 'storage', 'storage.x@0', 'storage.x@-1', 'storage.x@1.5', '@1', 'a b.c'])(
  'refuses "%s"',
  (spec) => {
    expect(() => armFailPoint(spec)).toThrow(RangeError);
  },
);
