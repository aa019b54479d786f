import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import {
  detectionInput,
  metricDetection,
  metricDetectionPage,
  seriesDetection,
  seriesDetectionPage,
} from '@tidewatch/contracts';
import type { z } from 'zod';
import { refusal, schemaOf } from '../openapi/answers';
import { ALWAYS, answerOf, changes, found, NAME, unlessKnown } from '../openapi/revised';

const LIMITS = {
  max: { value: 90, forSeconds: 60, hysteresis: 2 },
  rate: { maxPerSecond: 0.5 },
  stuck: { forSeconds: 3_600 },
};
const INPUT = { sensitivity: 2, limits: LIMITS };
const EXAMPLES = {
  fewer: { summary: 'One false alarm in ten weeks', value: { sensitivity: 0.1 } },
  limits: { summary: 'Limits beside what is usual', value: INPUT },
  onlyLimits: { summary: 'Limits alone', value: { sensitivity: 'off', limits: LIMITS } },
};
const TIME = { updatedAt: '2026-03-01T12:00:00.000250Z' };
const METRIC = { metric: 'temperature', ...INPUT, ...TIME };
const SERIES = { device: 'boiler-7', metric: 'temperature', tags: { site: 'north' } };
const OF_SERIES = { seriesId: 17, series: SERIES, ...INPUT, ...TIME };

const REPLACES =
  'Replaces what was set before. What a series does not say, `sensitivity` or `limits`, is as it is for its metric. Takes effect in each partition of the log at an offset that is kept, so a replay gives the same anomalies. Without `If-Match` or `If-None-Match` the last one wins.';

export const ListMetrics = () => list(metricDetectionPage, METRIC, 'Metrics with settings of detection');
export const ListSeries = () => list(seriesDetectionPage, OF_SERIES, 'Series with settings of detection');

export const OfMetric = {
  DescribeGet: () => get(metricDetection, METRIC, [NAME]),
  DescribePut: () => put(metricDetection, METRIC, [NAME]),
  DescribeRemove: () => remove([NAME]),
};

export const OfSeries = {
  DescribeGet: () => get(seriesDetection, OF_SERIES, []),
  DescribePut: () => put(seriesDetection, OF_SERIES, []),
  DescribeRemove: () => remove([]),
};

function list(page: z.ZodType, example: object, summary: string): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary }),
    found(page, { items: [example], nextCursor: null }),
    unlessKnown(),
    refusal(400, 'invalid-request', 'A parameter is not valid or not known; `errors` names it.'),
    ...ALWAYS,
  );
}

function get(schema: z.ZodType, example: object, parameters: MethodDecorator[]): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'What is set' }),
    ...parameters,
    found(schema, example),
    unlessKnown(),
    refusal(404, 'not-found', 'Nothing is set here.'),
    ...ALWAYS,
  );
}

function put(schema: z.ZodType, example: object, parameters: MethodDecorator[]): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Say how it is watched', description: REPLACES }),
    ...parameters,
    ApiBody({ schema: schemaOf(detectionInput), examples: EXAMPLES }),
    found(schema, example),
    ApiResponse({ ...answerOf(schema, example), status: 201, description: 'Nothing was set before.' }),
    ...changes(),
    refusal(
      422,
      'invalid-request',
      'A field is not valid or not known, or there is no such series; `errors` names it.',
    ),
  );
}

function remove(parameters: MethodDecorator[]): MethodDecorator {
  return applyDecorators(
    ApiOperation({ summary: 'Forget what was set' }),
    ...parameters,
    ApiNoContentResponse({ description: 'Forgotten.' }),
    refusal(404, 'not-found', 'Nothing is set here.'),
    ...changes(),
  );
}
