import { describe, expect, test } from '@jest/globals';
import { detectionInput } from './detection';

/** The fields that are named, in the order of the faults. */
function named(body: unknown): string[] {
  const { error } = detectionInput.safeParse(body);
  return (error?.issues ?? []).map(({ path }) => path.join('.'));
}

describe('settings of detection', () => {
  test.each([
    [{}],
    [{ sensitivity: 'off', limits: {} }],
    [{ sensitivity: 0.01 }],
    [{ sensitivity: 1_000 }],
    [{ limits: { max: { value: -18 } } }],
    [{ limits: { min: { value: 4 }, max: { value: 4 } } }],
    [
      {
        limits: {
          min: { value: 0, hysteresis: 90 },
          max: { value: 90, forSeconds: 2_678_400, hysteresis: 2 },
        },
      },
    ],
    [{ limits: { rate: { maxPerSecond: 0.5, forSeconds: 0, hysteresis: 0.5 }, stuck: { forSeconds: 0.5 } } }],
  ])('%j are accepted as they are', (body) => {
    expect(detectionInput.parse(body)).toEqual(body);
  });

  test.each<[unknown, string[]]>([
    [{ sensitivity: 0 }, ['sensitivity']],
    [{ sensitivity: 1_000.1 }, ['sensitivity']],
    [{ sensitivity: NaN }, ['sensitivity']],
    [{ sensitivity: '2' }, ['sensitivity']],
    [{ sensitivity: 'loud', limits: { max: {} } }, ['sensitivity', 'limits.max.value']],
    [{ limits: null }, ['limits']],
    [{ limits: { max: 90 } }, ['limits.max']],
    [{ limits: { max: { value: NaN } } }, ['limits.max.value']],
    [{ limits: { min: { value: -Infinity } } }, ['limits.min.value']],
    [{ limits: { max: { value: 90, forSeconds: 3_155_760_000 } } }, ['limits.max.forSeconds']],
    [{ limits: { max: { value: 90, forSeconds: -1 } } }, ['limits.max.forSeconds']],
    [{ limits: { max: { value: 90, hysteresis: -1 } } }, ['limits.max.hysteresis']],
    [{ limits: { min: { value: 91 }, max: { value: 90 } } }, ['limits.min.value']],
    [{ limits: { min: { value: 80 }, max: { value: 90, hysteresis: 10.1 } } }, ['limits.max.hysteresis']],
    [{ limits: { min: { value: 80, hysteresis: 11 }, max: { value: 90 } } }, ['limits.min.hysteresis']],
    [
      { limits: { min: { value: 80 }, max: { value: 90 }, stuck: { forSeconds: 1, hysteresis: 11 } } },
      ['limits.stuck.hysteresis'],
    ],
    [{ limits: { rate: {} } }, ['limits.rate.maxPerSecond']],
    [{ limits: { rate: { maxPerSecond: 0 } } }, ['limits.rate.maxPerSecond']],
    [{ limits: { rate: { maxPerSecond: 1, hysteresis: 2 } } }, ['limits.rate.hysteresis']],
    [{ limits: { stuck: { forSeconds: 0 } } }, ['limits.stuck.forSeconds']],
    [{ limits: { stuck: { forSeconds: 3_155_760_000 } } }, ['limits.stuck.forSeconds']],
  ])('%j is refused, and the field is named', (body, fields) => {
    expect(named(body)).toEqual(fields);
  });

  test('know no other fields', () => {
    const { error } = detectionInput.safeParse({ limits: { max: { value: 1, forMs: 1 }, mean: {} } });
    expect(error!.issues).toMatchObject([
      { path: ['limits', 'max'], keys: ['forMs'] },
      { path: ['limits'], keys: ['mean'] },
    ]);
  });
});
