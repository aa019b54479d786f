import { applyDecorators } from '@nestjs/common';
import { ApiOperation, ApiResponse } from '@nestjs/swagger';
import { anomalyPage, deadLetterPage, devicePage, readingPage, seriesPage } from '@tidewatch/contracts';
import type { z } from 'zod';
import { refusal, schemaOf } from '../openapi/answers';
import { ANOMALY_EXAMPLE, SERIES_EXAMPLE } from '../openapi/examples';

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
    example: { id: 17, ...SERIES_EXAMPLE, firstSeen: TIME },
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
    example: ANOMALY_EXAMPLE,
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
