import { expect, test } from '@jest/globals';
import * as fc from 'fast-check';
import { type Detector, newVerdict, observe } from '../../detector';
import { agreement } from './agreement';
import { ALL_COUNTS, ALL_TAIL_CELLS, CELLS, FLOATS } from './layout';
import type { SeriesState } from './state-blocks';

/** What a version wrote that is no longer written: see `snapshot-6.ts`. */
function asVersion6(detector: Detector): Uint8Array {
  const { cells, cellsAt, tailsAt, floats, floatsAt, countsAt, slot, waiting, waitingMost } =
    detector as unknown as SeriesState;
  const doubles = [
    ...cells.subarray(cellsAt, cellsAt + CELLS),
    ...cells.subarray(tailsAt, tailsAt + ALL_TAIL_CELLS),
  ];
  const singles = [
    ...floats.subarray(floatsAt, floatsAt + FLOATS),
    ...floats.subarray(countsAt, countsAt + ALL_COUNTS),
  ];
  const head = Uint8Array.of(0xa6, 6, slot, waiting, waitingMost);
  const parts: Uint8Array[] = [head, new Uint8Array(Float64Array.from(doubles).buffer)];
  for (let at = 0; at < singles.length;) {
    let zeros = 0;
    while (zeros < 255 && at + zeros < singles.length && Object.is(singles[at + zeros], 0)) zeros += 1;
    at += zeros;
    let others = 0;
    while (others < 255 && at + others < singles.length && !Object.is(singles[at + others], 0)) others += 1;
    const numbers = new Uint8Array(Float32Array.from(singles.slice(at, at + others)).buffer);
    parts.push(Uint8Array.of(zeros, others), numbers);
    at += others;
  }
  return Buffer.concat(parts);
}

const anyValue = fc.oneof(
  fc.nat(40).map((n) => n / 2),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
);

test('of the version before is read, and the detector goes on bit for bit', () => {
  fc.assert(
    fc.property(fc.array(anyValue, { minLength: 1, maxLength: 400 }), fc.nat(60), (values, more) => {
      const straight = agreement.create();
      values.forEach((value, i) => observe(straight, i * 1e6, value, newVerdict()));
      const old = asVersion6(straight);
      const restored = agreement.restore(old);
      expect(restored.snapshot().slice()).toEqual(straight.snapshot());
      for (let i = 0; i < more; i++) {
        const [a, b] = [newVerdict(), newVerdict()];
        observe(straight, (values.length + i) * 1e6, i % 7, a);
        observe(restored, (values.length + i) * 1e6, i % 7, b);
        expect(b).toEqual(a);
      }
      expect(restored.snapshot().slice()).toEqual(straight.snapshot());
      expect(() => agreement.restore(old.subarray(0, -1))).toThrow('damaged');
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
      const { cells, cellsAt, tailsAt, floats, floatsAt, countsAt } = detector as unknown as SeriesState;
      const fill = (array: Float32Array | Float64Array, from: number, count: number): void => {
        for (let i = 0; i < count; i++) array[from + i] = numbers[i % numbers.length]!;
      };
      fill(cells, cellsAt, CELLS);
      fill(cells, tailsAt, ALL_TAIL_CELLS);
      // What waits to be learned, which nothing does, is left out.
      fill(floats, floatsAt + FLOATS - 144, 144);
      fill(floats, countsAt, ALL_COUNTS);
      for (let i = countsAt; i < countsAt + ALL_COUNTS; i++) floats[i] = Math.abs(floats[i]!);
      const restored = agreement.restore(detector.snapshot()) as unknown as SeriesState;
      const own = (state: SeriesState): object => [
        state.cells.slice(state.cellsAt, state.cellsAt + CELLS),
        state.cells.slice(state.tailsAt, state.tailsAt + ALL_TAIL_CELLS),
        state.floats.slice(state.floatsAt, state.floatsAt + FLOATS),
        state.floats.slice(state.countsAt, state.countsAt + ALL_COUNTS),
      ];
      expect(own(restored)).toEqual(own(detector as unknown as SeriesState));
    }),
  );
});
