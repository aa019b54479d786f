import { expect, test } from '@jest/globals';
import { parseFaultOptions, parseOptions } from './options';

const environment = { TIDEWATCH_KEY: 'tw_key' };

test('a plant: defaults, and what is wrong in one line', () => {
  expect(parseOptions([], environment)).toEqual({
    ...{ url: 'http://localhost:8080', key: 'tw_key' },
    ...{ machines: 12, intervalMs: 1_000, seed: 1 },
  });
  expect(parseOptions(['--help'], {})).toBeNull();
  expect(() => parseOptions([], {})).toThrow('TIDEWATCH_KEY is not set');
  expect(() => parseOptions(['--machines', '501'], environment)).toThrow(
    '--machines takes a number from 1 to 500, not "501".',
  );
});

test('series with faults: defaults, and what is wrong in one line', () => {
  const options = parseFaultOptions(['out', '--copies', '2']);
  expect(options).toEqual({ folder: 'out', copies: 2, rows: 4_032, intervalMs: 300_000, seed: 1 });
  expect(parseFaultOptions(['--help'])).toBeNull();
  expect(() => parseFaultOptions([])).toThrow('faults takes one folder');
  expect(() => parseFaultOptions(['a', 'b'])).toThrow('faults takes one folder');
  expect(() => parseFaultOptions(['a', '--rows', '5'])).toThrow('--rows takes a number from 100');
});
