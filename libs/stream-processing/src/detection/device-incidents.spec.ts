import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { DeviceIncidents, TOGETHER_US } from './device-incidents';

const ROWS = 6;
const SECOND = 1_000_000;

/** As simply as possible: a look at every row. */
function naiveNear(from: number[], end: number[], timeUs: number): number | undefined {
  const near = from.filter((one, row) => one - TOGETHER_US <= timeUs && timeUs <= end[row]! + TOGETHER_US);
  return near.length > 0 ? Math.max(...near) : undefined;
}

test('an alarm belongs to the newest incident that is near, whatever has joined, gone on and left before', () => {
  const step = fc.record({
    row: fc.nat(ROWS - 1),
    atUs: fc.nat(600).map((s) => s * SECOND),
    what: fc.constantFrom('alarm', 'goes on', 'goes on', 'leaves'),
  });
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const from = new Array<number>(ROWS).fill(Infinity);
      const end = new Array<number>(ROWS).fill(-Infinity);
      const incidents = new DeviceIncidents((row) => end[row]!);
      for (const { row, atUs, what } of steps) {
        expect(incidents.near(atUs)).toBe(naiveNear(from, end, atUs));
        if (what === 'alarm') {
          from[row] = incidents.near(atUs) ?? atUs;
          end[row] = atUs;
          incidents.join(row, from[row]);
        } else if (what === 'leaves') {
          from[row] = Infinity;
          end[row] = -Infinity;
          incidents.leave(row);
        } else if (from[row]! < Infinity) {
          end[row] = Math.max(end[row]!, atUs);
          incidents.extend(row);
        }
      }
    }),
  );
});
