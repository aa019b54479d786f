import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiResponse } from '@nestjs/swagger';
import {
  NDJSON_CONTENT_TYPE,
  PREVIEW_LIMITS,
  previewDocument,
  previewInput,
  type PreviewLine,
  previewLine,
} from '@tidewatch/contracts';
import { ANOMALY_EXAMPLE, SERIES_EXAMPLE } from '../openapi/examples';
import { refusal, schemaOf } from '../openapi/answers';
import { ALWAYS } from '../openapi/revised';

const PLAN = {
  type: 'plan',
  ...{ series: [{ id: 17, ...SERIES_EXAMPLE }], neighbours: 4, leftOut: 0 },
  ...{ from: '2026-03-01T00:00:00.000000Z', to: '2026-03-02T00:00:00.000000Z' },
  runInFrom: '2026-02-28T18:26:40.000000Z',
} as const;
const EPISODE = { type: 'episode', raisedBy: ['tried', 'stored'], episode: ANOMALY_EXAMPLE } as const;
const TOTALS = {
  ...{ episodes: 1, bySeverity: { info: 0, warning: 0, critical: 1 }, incidents: 1 },
  ...{ alarmsPerWeek: 7, acceptedPerWeek: 0.2, secondsInAlarm: 48, shareInAlarm: 0.000556 },
};
const SUMMARY = {
  ...{ type: 'summary', readings: 532_000, seconds: 2.1, stopped: null },
  ...{ tried: TOTALS, inForce: { ...TOTALS, episodes: 3 } },
  comparedWithInForce: { kept: 1, new: 0, gone: 2 },
  comparedWithStored: { kept: 1, new: 0, gone: 2 },
} as const;
const PROGRESS = {
  ...{ type: 'progress', readings: 212_000, expectedReadings: 531_000 },
  time: '2026-03-01T08:12:44.000000Z',
} as const;
const POINTS = {
  ...{ type: 'points', seriesId: 17, seconds: 28_800, timeMs: [1_772_323_200_000, 1_772_352_000_000] },
  ...{ min: [71.2, 70.8], mean: [74.9, 75.3], max: [78.1, 98.6] },
} as const;
const LINES: PreviewLine[] = [PLAN, PROGRESS, EPISODE, POINTS, SUMMARY].map((line) =>
  previewLine.parse(line),
);

const WHAT = `Runs settings of detection over stored readings, by the code that watches readings as they come, and tells the episodes. Nothing is published, nothing is changed.

The answer comes as lines of JSON while the history is read: a \`plan\`; \`progress\`, twice a second; each \`episode\` when it has closed, with who raises it (the settings that are tried, those in force, the anomaly that is stored); with \`points\`, the series themselves in so many pieces of the range; at last a \`summary\`, or a \`problem\` where it failed on the way. A client that only takes \`application/json\` gets one document in the end.

With the settings in force the episodes are those that were published, if readings came in order and \`runInReadings\` reaches back to the first one; else they come near. All series of the device are replayed, up to ${PREVIEW_LIMITS.series}: they share its incidents. Above the bounds of readings, time and episodes the preview stops, and its summary says where.`;

export const DescribePreview = () =>
  applyDecorators(
    ApiOperation({ summary: 'Would it have fired?', description: WHAT }),
    ApiBody({
      schema: schemaOf(previewInput, 'input'),
      examples: {
        series: { value: { seriesId: 17, points: 3, settings: { sensitivity: 0.2 } } },
        metric: {
          value: {
            ...{ device: 'boiler-7', metric: 'temperature', from: PLAN.from, to: PLAN.to },
            settings: { sensitivity: 'off', limits: { max: { value: 95, forSeconds: 60, hysteresis: 2 } } },
          },
        },
      },
    }),
    ApiResponse({
      status: 200,
      description: 'Lines of JSON, each of them one of these; or one document.',
      content: {
        [NDJSON_CONTENT_TYPE]: {
          schema: schemaOf(previewLine),
          example: LINES.map((line) => JSON.stringify(line)).join('\n'),
        },
        'application/json': {
          schema: schemaOf(previewDocument),
          example: { plan: PLAN, episodes: [EPISODE], points: [POINTS], summary: SUMMARY },
        },
      },
    }),
    refusal(404, 'not-found', 'There is no such series.'),
    refusal(422, 'invalid-request', 'A field is not valid or not known; `errors` names it.'),
    refusal(429, 'too-many-requests', 'Enough previews run. Ask again after `Retry-After` seconds.'),
    ...ALWAYS,
  );
