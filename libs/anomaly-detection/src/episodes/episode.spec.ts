import { describe, expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type Judge, newVerdict } from '../detector';
import { SnapshotError } from '../errors';
import { endBySilence, type Episode, type EpisodeEvent, followEpisode, openEpisode } from './episode';
import { scoreOf, severityOf } from './severity';
import { restoreEpisode, snapshotEpisode } from './snapshot';

const SECOND = 1_000_000;
const CALM = 60 * SECOND;
const judge: Judge = {
  name: 'test',
  statistics: [{ name: 'jump', unit: 'sigma' }],
  reason: ({ deviation }) => `${deviation} times`,
};

function reading(second: number, ratio: number, value = ratio) {
  const verdict = {
    ...newVerdict(),
    ratio,
    score: scoreOf(ratio),
    deviation: ratio,
    expectedMin: 0,
    expectedMax: 1,
  };
  verdict.strengths[0] = ratio * 5;
  return { timeUs: second * SECOND, value, verdict, judge };
}

const opened = (second = 0, ratio = 2): Episode => openEpisode(reading(second, ratio), 0);

/** Events by the second at which they were told. */
function follow(episode: Episode, ratios: readonly (readonly [second: number, ratio: number])[]) {
  const events: [number, EpisodeEvent][] = [];
  for (const [second, ratio] of ratios) {
    const event = followEpisode(episode, reading(second, ratio), CALM);
    if (event) events.push([second, event]);
    if (event === 'closed') break;
  }
  return events;
}

const every = (from: number, to: number, ratio: number) =>
  Array.from({ length: to - from }, (_, i) => [from + i, ratio] as const);

describe('an episode', () => {
  test('ends when the series has been calm for the time, and its end is the first calm reading', () => {
    const episode = opened();
    expect(follow(episode, [...every(1, 48, 1.5), ...every(48, 300, 0.2)])).toEqual([[107, 'closed']]);
    expect(episode).toMatchObject({ endedUs: 48 * SECOND, flaggedReadings: 48, revision: 1 });
  });

  test('goes on when the series is out of range again in between, though the detector rests', () => {
    const episode = opened();
    const ratios = [...every(1, 50, 0.2), [50, 1.2] as const, ...every(51, 200, 0.2)];
    expect(follow(episode, ratios)).toEqual([[110, 'closed']]);
    expect(episode).toMatchObject({ endedUs: 51 * SECOND, flaggedReadings: 2 });
  });

  test('of a slow series needs two calm readings', () => {
    const hour = 3_600;
    expect(follow(opened(), [[hour, 0.1]])).toEqual([]);
    const episode = opened();
    expect(follow(episode, [[hour, 0.1], [2 * hour, 0.1]])).toEqual([[2 * hour, 'closed']]); // prettier-ignore
    expect(episode.endedUs).toBe(hour * SECOND);
  });

  test('keeps its peak, and tells of it at most once in ten seconds', () => {
    const episode = opened(0, 2);
    const rising = every(1, 35, 1).map(([second]) => [second, 2 + second] as const);
    expect(follow(episode, [...rising, ...every(35, 40, 1)])).toEqual([
      [10, 'updated'],
      [20, 'updated'],
      [30, 'updated'],
    ]);
    expect(episode.peak).toEqual({
      ...{ timeUs: 34 * SECOND, value: 36, ratio: 36, expectedMin: 0, expectedMax: 1 },
      ...{ cause: 'value', observed: 36, deviation: 36, reason: '36 times' },
      statistics: [{ name: 'jump', unit: 'sigma', strength: 180 }],
    });
    expect(follow(episode, every(40, 60, 1))).toEqual([[40, 'updated']]);
    expect(episode.revision).toBe(4);
  });

  test('that becomes only a little worse tells it at the end', () => {
    const episode = opened(0, 20);
    expect(follow(episode, every(1, 60, 21.9))).toEqual([]);
    expect(episode.peak.ratio).toBe(21.9);
  });

  test('that changes in nothing that matters tells nothing', () => {
    expect(follow(opened(0, 20), every(1, 250, 1.5))).toEqual([]);
  });

  test('is one level more severe when it lasts', () => {
    const episode = opened(0, 1.5);
    expect(episode.severity).toBe('info');
    expect(follow(episode, every(1, 400, 1.2))).toEqual([[300, 'updated']]);
    expect(episode.severity).toBe('warning');
  });

  test('goes on with what is nearly out of range, which opens none and counts as no reading out of range', () => {
    const episode = opened();
    expect(follow(episode, [...every(1, 200, 0.75), ...every(200, 270, 0.74)])).toEqual([[259, 'closed']]);
    expect(episode.endedUs).toBe(200 * SECOND);
    expect(episode.flaggedReadings).toBe(1);
  });

  test('of a series that falls silent ends at the last reading, or where it became calm', () => {
    const [loud, calm] = [opened(), opened()];
    follow(loud, every(1, 10, 2));
    follow(calm, [...every(1, 10, 2), ...every(10, 20, 0.7)]);
    const silence = 400 * SECOND;
    expect(endBySilence(loud, silence - 1, silence)).toBe(false);
    expect([loud, calm].map((it) => endBySilence(it, silence, silence))).toEqual([true, true]);
    expect([loud.endedUs, calm.endedUs]).toEqual([9 * SECOND, 10 * SECOND]);
    expect(loud.revision).toBe(1);
  });

  test('is not taken for silent within three of its usual intervals', () => {
    const episode = openEpisode(reading(0, 2), 3_600 * SECOND);
    expect(endBySilence(episode, 3 * 3_600 * SECOND, SECOND)).toBe(false);
    expect(endBySilence(episode, 3 * 3_600 * SECOND + 1, SECOND)).toBe(true);
  });

  test('has numbers that JSON knows, whatever the detector says', () => {
    const verdict = {
      ...newVerdict(),
      score: 0.9,
      ratio: Infinity,
      deviation: Infinity,
      expectedMin: -Infinity,
    };
    const { peak } = openEpisode({ timeUs: 0, value: -0, verdict, judge }, 0);
    expect(peak).toMatchObject({
      ratio: 1e9,
      deviation: null,
      expectedMin: -Number.MAX_VALUE,
      statistics: [],
    });
    expect(Object.is(peak.value, 0)).toBe(true);
  });
});

test('severity is from score and duration', () => {
  expect([0.5, 0.75, 0.9].map((score) => severityOf(score, 0, 1))).toEqual(['info', 'warning', 'critical']);
  const lasting = (readings: number) =>
    [0.5, 0.75, 0.9].map((score) => severityOf(score, 300 * SECOND, readings));
  expect(lasting(2)).toEqual(['info', 'warning', 'critical']);
  expect(lasting(3)).toEqual(['warning', 'critical', 'critical']);
});

describe('a snapshot', () => {
  const steps = fc.array(
    fc.tuple(fc.integer({ min: 1, max: 90 }), fc.double({ min: 0, max: 50, noNaN: true })),
    { maxLength: 60 },
  );

  test('continues bit for bit, taken anywhere', () => {
    fc.assert(
      fc.property(steps, fc.array(fc.boolean(), { maxLength: 60 }), (list, cuts) => {
        let second = 0;
        const straight = opened();
        let cut = opened();
        list.every(([pause, ratio], i) => {
          second += pause;
          if (cuts[i]) cut = restoreEpisode(snapshotEpisode(cut));
          const events = [straight, cut].map((it) => followEpisode(it, reading(second, ratio), CALM));
          expect(events[1]).toBe(events[0]);
          expect(snapshotEpisode(cut)).toEqual(snapshotEpisode(straight));
          return events[0] !== 'closed';
        });
      }),
    );
  });

  test('of the version before has its beginning as its identity', () => {
    const { identityUs, ...before } = opened(7);
    const bytes = Uint8Array.from([1, ...Buffer.from(JSON.stringify(before))]);
    expect(restoreEpisode(bytes)).toEqual({ ...before, identityUs });
    expect(identityUs).toBe(7 * SECOND);
  });

  test('of another version, or damaged, is refused', () => {
    const bytes = snapshotEpisode(opened());
    expect(() => restoreEpisode(Uint8Array.from([3, ...bytes.subarray(1)]))).toThrow(SnapshotError);
    expect(() => restoreEpisode(bytes.subarray(0, -1))).toThrow(SnapshotError);
    expect(() => restoreEpisode(new Uint8Array(0))).toThrow(SnapshotError);
  });
});
