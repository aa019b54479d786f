import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { anomalyPage, deadLetterPage, devicePage, readingPage, seriesPage } from '@tidewatch/contracts';
import type { z } from 'zod';
import { refusal, schemaOf } from '../openapi/answers';

const SERIES = { device: 'boiler-7', metric: 'temperature', tags: { site: 'north' } };
const TIME = '2026-03-01T12:00:00.000250Z';
const NEXT = 'c2lnbmF0dXJlMDEyWyJib2lsZXItNyJd';

export const DescribeDevices = () =>
  describe(devicePage, {
    summary: 'Devices, in order of their names',
    example: { device: 'boiler-7', seriesCount: 2, firstSeen: TIME, lastReadingTime: TIME },
  });

export const DescribeSeries = () =>
  describe(seriesPage, {
    summary: 'Series, in order of device and metric',
    example: { id: 17, ...SERIES, firstSeen: TIME },
  });

export const DescribeReadings = () =>
  describe(readingPage, {
    summary: 'Readings of a series, in ascending order of time',
    example: { time: TIME, value: 81.4 },
    also: [refusal(404, 'not-found', 'There is no series with this id.')],
  });

export const DescribeAnomalies = () =>
  describe(anomalyPage, {
    summary: 'Anomalies, the one that began last first',
    example: {
      ...{ id: '5f0c8a2e7b1d4c39', revision: 2, state: 'closed', incidentId: '0d1f6b3c9a2e4f58' },
      series: SERIES,
      ...{ began: TIME, peakTime: '2026-03-01T12:00:08.000250Z', peakValue: 97.2 },
      ...{ ended: '2026-03-01T12:00:48.000250Z', durationSeconds: 48, flaggedReadings: 47 },
      ...{ expectedMin: 78.1, expectedMax: 84.9, score: 0.91, ratio: 10.1, deviation: 31.2 },
      finding: { kind: 'value', observed: 97.2, reason: '31 times as far from the usual level as usual' },
      statistics: [{ name: 'distance from the usual level', unit: 'limit', strength: 10.1 }],
      related: [{ series: { ...SERIES, metric: 'pressure' }, ratio: 1.4 }],
      ...{ severity: 'critical', detector: 'agreement' },
      explanation:
        'boiler-7 temperature 97.2 °C; expected 78.1–84.9; 31 times as far from the usual level as usual; began 12:00:00 UTC, lasted 48 s.',
      counterfactual: 'It would not have fired at a threshold above 0.91 (limits 10.1 times as wide).',
    },
  });

export const DescribeDeadLetters = () =>
  describe(deadLetterPage, {
    summary: 'Records that could not be processed, the newest first',
    example: {
      ...{ topic: 'readings.v1', partition: 3, offset: '18223', reason: 'undecodable-block' },
      ...{ detail: 'A length or tag is wider than 32 bits.', value: '//////8=', time: TIME },
    },
  });

interface Description {
  readonly summary: string;
  readonly example: object;
  readonly also?: MethodDecorator[];
}

function describe(page: z.ZodType, { summary, example, also = [] }: Description): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    ApiResponse({
      status: 200,
      description: 'A page. With a `nextCursor` there may be more; it is null on the last page.',
      content: {
        'application/json': { schema: schemaOf(page), example: { items: [example], nextCursor: NEXT } },
      },
    }),
    refusal(
      400,
      'invalid-request',
      'A parameter is not valid or not known, or the cursor is not of this request; `errors` names it.',
    ),
    refusal(401, 'unauthenticated', 'No valid credential.'),
    refusal(403, 'forbidden', 'The credential has not the scope.'),
    refusal(503, 'unavailable', 'The database is away or too slow. Ask again after `Retry-After` seconds.'),
    ...also,
  );
}
