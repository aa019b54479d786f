import { describe, expect, test } from '@jest/globals';
import { faultNames } from '@tidewatch/testing';
import { parseOptions } from './options';

const parse = (...argv: string[]) => parseOptions(argv, () => 42);

describe('parseOptions', () => {
  test('defaults: all faults of the embedded log for a minute each, with a new seed', () => {
    expect(parse()).toEqual({
      driver: 'postgres',
      faults: faultNames('postgres'),
      seconds: 60,
      seed: 42,
      keep: false,
    });
  });

  test('one fault, for as long as asked', () => {
    const argv = '--driver kafka --fault kill-broker --minutes 0.5 --seed 7 --keep'.split(' ');
    expect(parse(...argv)).toEqual({
      driver: 'kafka',
      faults: ['kill-broker'],
      seconds: 30,
      seed: 7,
      keep: true,
    });
  });

  test.each([
    [['--driver', 'redis'], '--driver takes kafka or postgres, not "redis".'],
    [
      ['--fault', 'kill-broker'],
      /^--fault takes all, fail-points, none, .* with this driver, not "kill-broker"\.$/,
    ],
    [['--minutes', '0'], '--minutes takes a positive number, not "0".'],
    [['--seed', 'x'], '--seed takes a whole number, not "x".'],
  ])('%j is refused', (argv, line) => {
    expect(() => parse(...argv)).toThrow(line);
  });

  test('help', () => {
    expect(parse('--help')).toBeNull();
  });
});
