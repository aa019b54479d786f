import { describe, expect, test } from '@jest/globals';
import { parseSubscription } from './parse-subscription';

const series = { device: 'press-3', metric: 'temperature', tags: { line: '1' } };
const long = 'é'.repeat(65);

describe('a subscription', () => {
  test.each([
    { view: 'latest' },
    { view: 'groups' },
    { view: 'anomalies' },
    { view: 'health' },
    { view: 'series', series },
  ])('%j is one', (body) => expect(parseSubscription(body)).toEqual(body));

  test.each<[unknown, string]>([
    [undefined, 'Not a subscription: Invalid input: expected object, received undefined.'],
    ['latest', 'Not a subscription: Invalid input: expected object, received string.'],
    [{ view: 'nothing' }, 'At /view: must be one of latest, series, groups, group, anomalies, health.'],
    [{}, 'At /view: must be one of latest, series, groups, group, anomalies, health.'],
    [{ view: 'latest', more: 1 }, 'Not a subscription: Unrecognized key: "more".'],
    [{ view: 'series' }, 'At /series: Invalid input: expected object, received undefined.'],
    [
      { view: 'series', series: { ...series, metric: 7 } },
      'At /series/metric: Invalid input: expected string, received number.',
    ],
  ])('%j is none, and the answer says where', (body, fault) => expect(parseSubscription(body)).toBe(fault));

  test('has names and tags that a reading may have, so that it cannot fill the memory', () => {
    const fault = 'At /series: names have at most 128 bytes, and there are at most 16 tags.';
    const tags = Object.fromEntries(Array.from({ length: 17 }, (_, i) => [`tag-${i}`, 'x']));
    for (const wrong of [{ device: long }, { metric: long }, { tags: { [long]: '' } }, { tags }]) {
      expect(parseSubscription({ view: 'series', series: { ...series, ...wrong } })).toBe(fault);
    }
  });

  test('is not repeated at length when it is wrong', () => {
    const fault = parseSubscription({ view: 'latest', ['x'.repeat(10_000)]: 1 });
    expect(fault).toHaveLength(200);
  });

  test('of a group has names that a tag and a metric may have', () => {
    const group = { tag: 'site', value: 'north', metric: 'flow' };
    expect(parseSubscription({ view: 'group', group })).toEqual({ view: 'group', group });
    expect(parseSubscription({ view: 'group', group: { ...group, value: 'x'.repeat(129) } })).toBe(
      'At /group: names have at most 128 bytes.',
    );
    expect(parseSubscription({ view: 'group', group: { ...group, tag: '' } })).toMatch(/^At \/group\/tag: /);
  });
});
