import { describe, expect, test } from '@jest/globals';
import { type Judge, newVerdict, type Verdict } from '../detector';
import { type Episode, openEpisode } from './episode';
import { episodeCounterfactual, episodeSentence, lengthInWords } from './sentence';

const BEGAN_US = Date.UTC(2026, 2, 1, 14, 2, 10) * 1000;
const judge: Judge = {
  name: 'test',
  statistics: [],
  reason: ({ deviation }) => `a jump ${Math.round(deviation)} times larger than usual`,
};
const NAMING = { device: 'pump-7', metric: 'pressure' };

function episode(change: Partial<Verdict> & { value?: number } = {}): Episode {
  const { value = 9.8, ...rest } = change;
  const verdict = {
    ...newVerdict(),
    ratio: 10.1,
    expectedMin: 4.1234,
    expectedMax: 5.2678,
    deviation: 31.2,
    ...rest,
  };
  return openEpisode({ timeUs: BEGAN_US, value, verdict, judge }, BEGAN_US, 0);
}

describe('a sentence', () => {
  test('is what a technician would say', () => {
    const closed = { ...episode(), revision: 3, endedUs: BEGAN_US + 48_000_000 };
    expect(episodeSentence(closed, { ...NAMING, unit: 'bar' })).toBe(
      'pump-7 pressure 9.8 bar; expected 4.1–5.3; a jump 31 times larger than usual; began 14:02:10 UTC, lasted 48 s.',
    );
  });

  test.each([
    [{}, '; began 14:02:10 UTC.'],
    [{ revision: 1 }, '; began 14:02:10 UTC, going on.'],
    [{ revision: 1, endedUs: BEGAN_US }, '; began 14:02:10 UTC, a single reading.'],
  ])('tells its course: %j', (change, end) => {
    expect(episodeSentence({ ...episode(), ...change }, NAMING)).toBe(
      `pump-7 pressure 9.8; expected 4.1–5.3; a jump 31 times larger than usual${end}`,
    );
  });

  test('of a level tells the mean that has moved', () => {
    const level = episode({ cause: 'level', observed: 7.46 });
    expect(episodeSentence(level, NAMING)).toContain(
      'pressure 9.8; the mean of the last readings is 7.5, expected 4.1–5.3; ',
    );
  });

  test('of a stuck series tells its usual range', () => {
    expect(episodeSentence(episode({ cause: 'stuck', value: 4.7 }), NAMING)).toContain(
      'pressure 4.7; usual 4.1–5.3; ',
    );
  });

  test.each([
    [{ value: 5.31, expectedMin: 4.12, expectedMax: 5.29 }, '5.31; expected 4.12–5.29'],
    [
      { value: 1_234_600, expectedMin: 1_234_000, expectedMax: 1_234_200 },
      '1234600; expected 1234000–1234200',
    ],
    [{ value: 0.00023, expectedMin: 0.0001, expectedMax: 0.00013 }, '0.00023; expected 0.0001–0.00013'],
    [{ value: 7, expectedMin: 5, expectedMax: 5 }, '7; expected 5–5'],
    [{ value: 1e300, expectedMin: -1e300, expectedMax: 5e299 }, '1e+300; expected -1e+300–5e+299'],
  ])('has digits enough to see what is wrong: %j', (change, text) => {
    expect(episodeSentence(episode(change), NAMING)).toContain(`pressure ${text}; `);
  });

  test('of what would not have fired has the score and the limit', () => {
    expect(episodeCounterfactual(episode())).toBe(
      'It would not have fired at a threshold above 0.91 (limits 10.1 times as wide).',
    );
  });
});

test.each([
  [0.25, '0.25 s'],
  [48, '48 s'],
  [60, '1 min'],
  [200, '3 min 20 s'],
  [7_500, '2 h 5 min'],
  [90_061, '1 d 1 h'],
])('%d s is %s', (seconds, words) => {
  expect(lengthInWords(seconds * 1e6)).toBe(words);
});
