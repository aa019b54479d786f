import { expect, test } from '@jest/globals';
import { seriesKey } from '@tidewatch/readings';
import fc from 'fast-check';
import { MergedReadings, type ReadPage } from './merged-readings';

interface Taken {
  readonly metric: string;
  readonly timeUs: number;
  readonly value: number;
}

/** Series by their times; the value of a reading is its place. Counts queries, and how many run at once. */
function table(times: readonly (readonly number[])[]) {
  const seen = { queries: 0, running: 0, largest: 0 };
  const read: ReadPage = async (seriesId, fromUs, limit) => {
    seen.queries += 1;
    seen.running += 1;
    expect(seen.running).toBe(1);
    await Promise.resolve();
    seen.running -= 1;
    const of = times[seriesId]!;
    const page = of.filter((time) => time >= fromUs).slice(0, limit);
    seen.largest = Math.max(seen.largest, page.length);
    return {
      timeUs: Float64Array.from(page),
      value: Float64Array.from(page, (time) => of.indexOf(time)),
    };
  };
  return { read, seen };
}

async function all(times: readonly (readonly number[])[], startUs: number, most: number): Promise<Taken[]> {
  const { read } = table(times);
  const series = times.map((_, id) => ({ id, key: seriesKey('d', `m${id}`), startUs }));
  const readings = new MergedReadings(series, read);
  const taken: Taken[] = [];
  for (;;) {
    await readings.fill();
    if (readings.isOver) return taken;
    const count = readings.take(most, ({ metric }, timeUs, value) => {
      taken.push({ metric, timeUs, value });
    });
    expect(count).toBeLessThanOrEqual(most);
    expect(count).toBeGreaterThan(0);
  }
}

test('readings come in order of time, equal times in the order of the series, none twice', async () => {
  const ascending = fc
    .uniqueArray(fc.integer({ min: 0, max: 300 }), { maxLength: 40 })
    .map((times) => times.sort((a, b) => a - b));
  await fc.assert(
    fc.asyncProperty(
      fc.array(ascending, { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 0, max: 300 }),
      fc.integer({ min: 1, max: 50 }),
      async (times, startUs, most) => {
        const expected = times
          .flatMap((of, id) => of.map((timeUs, value) => ({ metric: `m${id}`, timeUs, value })))
          .filter(({ timeUs }) => timeUs >= startUs)
          .sort((a, b) => a.timeUs - b.timeUs || (a.metric < b.metric ? -1 : 1));
        expect(await all(times, startUs, most)).toEqual(expected);
      },
    ),
  );
});

test('are read page by page, and a page is small where series are many', async () => {
  const times = Array.from({ length: 64 }, () => Array.from({ length: 5_000 }, (_, i) => i));
  const { read, seen } = table(times);
  const series = times.map((_, id) => ({ id, key: seriesKey('d', `m${id}`), startUs: 0 }));
  const readings = new MergedReadings(series, read);
  let count = 0;
  for (;;) {
    await readings.fill();
    if (readings.isOver) break;
    count += readings.take(10_000, () => undefined);
  }
  expect(count).toBe(64 * 5_000);
  expect(seen.largest).toBe(4_096);
  expect(seen.queries).toBe(2 * 64);
});
