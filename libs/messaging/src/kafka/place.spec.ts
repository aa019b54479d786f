import { describe, expect, test } from '@jest/globals';
import type { Watermarks } from './kafka-admin';
import { PlaceCheck } from './place';

/** Each look at the log takes the next answer; the last one stays. */
function check(...answers: (Watermarks | Error)[]) {
  const errors: string[] = [];
  const places = new PlaceCheck({
    consumer: 'c',
    topic: 't',
    signal: new AbortController().signal,
    logger: { log: () => undefined, warn: () => undefined, error: (line) => void errors.push(line) },
    watermarks: () => {
      const answer = answers.length > 1 ? answers.shift()! : answers[0]!;
      return answer instanceof Error ? Promise.reject(answer) : Promise.resolve(new Map([[0, answer]]));
    },
  });
  return { places, errors };
}

describe('PlaceCheck', () => {
  test('a place within the log stands, its ends included', async () => {
    const { places, errors } = check({ low: 5n, high: 9n });
    for (const wanted of [5n, 7n, 9n]) expect(await places.locate(0, wanted)).toBe(wanted);
    expect(errors).toEqual([]);
  });

  test('a place before the log is its first record, with an alarm', async () => {
    const { places, errors } = check({ low: 5n, high: 9n });
    expect(await places.locate(0, 2n)).toBe(5n);
    expect(errors).toEqual(['c: 3 records of t/0 were dropped by the log before they were read (2 to 4)']);
  });

  test('a place beyond the log is none', async () => {
    const { places, errors } = check({ low: 0n, high: 9n });
    expect(await places.locate(0, 10n)).toBeUndefined();
    expect(errors[0]).toContain('t/0 ends before the checkpoint 10 (now at 9)');
  });

  // What was appended up to there has never been read, and would be skipped.
  test('a place that the log has grown past is none either, and a corrected one is', async () => {
    const { places, errors } = check({ low: 0n, high: 9n }, { low: 0n, high: 9n }, { low: 0n, high: 20n });
    expect(await places.locate(0, 10n)).toBeUndefined();
    expect(await places.locate(0, 10n)).toBeUndefined();
    expect(errors[1]).toContain('has grown since, and ended before the checkpoint 10 (now at 20)');
    expect(await places.locate(0, 9n)).toBe(9n);
    expect(await places.locate(0, 10n)).toBe(10n);
  });

  test('an end that was read before the checkpoint is looked at again', async () => {
    const { places, errors } = check({ low: 0n, high: 9n }, { low: 0n, high: 12n });
    expect(await places.locate(0, 10n)).toBe(10n);
    expect(errors).toEqual([]);
  });

  test('a broker that does not answer is asked again', async () => {
    const { places } = check(new Error('away'), { low: 0n, high: 9n });
    expect(await places.locate(0, 3n)).toBe(3n);
  });
});
