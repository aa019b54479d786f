import { expect, test } from '@jest/globals';
import { detectorKind } from '@tidewatch/anomaly-detection';
import type { PreviewLine } from '@tidewatch/contracts';
import { formatTimeUs, seriesKey } from '@tidewatch/readings';
import { DEFAULT_DETECTION, DEFAULT_STREAM_SETTINGS } from '@tidewatch/stream-processing';
import { Comparison } from './comparison';
import { MergedReadings } from './merged-readings';
import { Outline } from './outline';
import { PreviewRun, type PreviewRunParts } from './preview-run';
import { Replay } from './replay';

const FROM_US = Date.UTC(2026, 2, 1) * 1_000;
const SECONDS = 3_600;
const TO_US = FROM_US + SECONDS * 1_000_000;
const KEY = seriesKey('pump-1', 'flow');

/** One reading a second, with a spike that the last one has not come back from. */
function run(parts: Partial<PreviewRunParts> = {}): PreviewRun {
  const range = { fromUs: FROM_US, toUs: TO_US, runInUs: FROM_US };
  const accepted = { tried: 1, inForce: 1 };
  const comparison = new Comparison({ fromUs: range.fromUs, isSame: true, accepted, stored: undefined });
  return new PreviewRun({
    plan: {
      type: 'plan',
      ...{ series: [], neighbours: 0, leftOut: 0 },
      ...{ from: formatTimeUs(FROM_US), to: formatTimeUs(TO_US), runInFrom: formatTimeUs(FROM_US) },
    },
    range,
    untilMs: TO_US / 1000,
    readings: new MergedReadings([{ id: 1, key: KEY, startUs: FROM_US }], (_id, fromUs, limit) => {
      const first = (fromUs - FROM_US) / 1_000_000;
      const count = Math.max(0, Math.min(limit, SECONDS - 600 - Math.ceil(first)));
      const at = Array.from({ length: count }, (_, i) => Math.ceil(first) + i);
      return Promise.resolve({
        timeUs: Float64Array.from(at, (second) => FROM_US + second * 1_000_000),
        value: Float64Array.from(at, (second) => (second > 2_990 ? 90 : 20 + (second % 7) / 7)),
      });
    }),
    replay: new Replay({
      ...{ stream: DEFAULT_STREAM_SETTINGS, detector: detectorKind('agreement') },
      ...{ ways: { tried: DEFAULT_DETECTION }, selected: [KEY] },
      onEpisode: (way, anomaly) => comparison.tell(way, anomaly),
    }),
    comparison,
    outline: new Outline(range, 0, []),
    limits: { readings: 1e9, seconds: 1e9, episodes: 1e9 },
    isStopping: () => false,
    ...parts,
  });
}

async function linesOf(preview: PreviewRun, signal = new AbortController().signal): Promise<PreviewLine[]> {
  const lines: PreviewLine[] = [];
  for await (const line of preview.lines(signal)) lines.push(line);
  return lines;
}

test('a series that has fallen silent by the end of the range is closed, if that is over', async () => {
  const closed = await linesOf(run());
  expect(closed.filter(({ type }) => type === 'episode')).toMatchObject([
    { episode: { state: 'closed', ended: formatTimeUs(FROM_US + 2_999 * 1_000_000) } },
  ]);
  const now = await linesOf(run({ untilMs: TO_US / 1000 - 500_000 }));
  expect(now.filter(({ type }) => type === 'episode')).toMatchObject([{ episode: { state: 'open' } }]);
});

test.each([
  ['readings', { limits: { readings: 2_500, seconds: 1e9, episodes: 1e9 } }, 2_500],
  ['time', { limits: { readings: 1e9, seconds: 0, episodes: 1e9 } }, 0],
  ['episodes', { limits: { readings: 1e9, seconds: 1e9, episodes: 0 } }, 0],
  ['shutdown', { isStopping: () => true }, 0],
])('it stops at a bound of %s', async (reason, parts, readings) => {
  const lines = await linesOf(run(parts));
  const time = readings === 0 ? null : formatTimeUs(FROM_US + (readings - 1) * 1_000_000);
  expect(lines.at(-1)).toMatchObject({ type: 'summary', readings, stopped: { reason, time } });
});

test('it ends without a summary when nobody listens', async () => {
  const gone = new AbortController();
  gone.abort();
  expect((await linesOf(run(), gone.signal)).map(({ type }) => type)).toEqual(['plan']);
});

test('the event loop goes on meanwhile', async () => {
  let turns = 0;
  const turn = (): void => {
    turns += 1;
    timer = setImmediate(turn);
  };
  let timer = setImmediate(turn);
  await linesOf(run());
  clearImmediate(timer);
  expect(turns).toBeGreaterThanOrEqual(3);
});
