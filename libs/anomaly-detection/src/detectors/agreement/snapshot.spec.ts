import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { newVerdict, observe } from '../../detector';
import { agreement } from './agreement';
import { COLD_CELLS, COLD_FLOATS, COUNTS_AT, OWN_CELLS } from './layout';
import type { SeriesState } from './state-blocks';

const anyValue = fc.oneof(
  fc.nat(40).map((n) => n / 2),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

const MINUTE_US = 60_000_000;

test('between judging and learning, of the block at hand and of the half hour at hand: the detector goes on bit for bit', () => {
  const series = fc.record({
    values: fc.array(anyValue, { minLength: 1, maxLength: 400 }),
    minutes: fc.constantFrom(0.01, 1, 7, 31, 24 * 60),
    at: fc.nat(400),
  });
  fc.assert(
    fc.property(series, ({ values, minutes, at }) => {
      const straight = agreement.create();
      const judged = values.map((value, i) => {
        const verdict = newVerdict();
        observe(straight, i * minutes * MINUTE_US, value, verdict);
        return verdict;
      });
      let detector = agreement.create();
      values.forEach((value, i) => {
        const verdict = newVerdict();
        detector.judge(i * minutes * MINUTE_US, value, verdict);
        if (i === at % values.length) {
          detector = agreement.restore(detector.snapshot().slice());
          detector.judge(i * minutes * MINUTE_US, value, verdict);
        }
        detector.learn();
        expect(verdict).toEqual(judged[i]);
      });
      expect(detector.snapshot().slice()).toEqual(straight.snapshot());
    }),
    { numRuns: 50 },
  );
});

test('holds every number as it is, whole or not, large or small', () => {
  const number = fc.oneof(
    fc.constantFrom(0, -0, 1, 255, 256, 65_535, 65_536, 0.5, 2 ** 24, 1e-30, 1e30, -3),
    fc.double({ noNaN: true, noDefaultInfinity: true }),
  );
  fc.assert(
    fc.property(fc.array(number, { minLength: 1, maxLength: 60 }), (numbers) => {
      const detector = agreement.create();
      const { cells, cellsAt, coldAt, floats, coldFloatsAt } = detector as unknown as SeriesState;
      const fill = (array: Float32Array | Float64Array, from: number, count: number): void => {
        for (let i = 0; i < count; i++) array[from + i] = numbers[i % numbers.length]!;
      };
      fill(cells, cellsAt, OWN_CELLS);
      fill(cells, coldAt, COLD_CELLS);
      fill(floats, coldFloatsAt, COLD_FLOATS);
      // Counts are not negative.
      for (let i = COUNTS_AT; i < COLD_FLOATS; i++)
        floats[coldFloatsAt + i] = Math.abs(floats[coldFloatsAt + i]!);
      const restored = agreement.restore(detector.snapshot()) as unknown as SeriesState;
      const own = (state: SeriesState): object => [
        state.cells.slice(state.cellsAt, state.cellsAt + OWN_CELLS),
        state.cells.slice(state.coldAt, state.coldAt + COLD_CELLS),
        state.floats.slice(state.coldFloatsAt, state.coldFloatsAt + COLD_FLOATS),
      ];
      expect(own(restored)).toEqual(own(detector as unknown as SeriesState));
    }),
  );
});
