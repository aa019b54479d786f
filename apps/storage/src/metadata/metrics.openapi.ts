import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOperation, ApiResponse } from '@nestjs/swagger';
import { metric, metricInput, metricPage } from '@tidewatch/contracts';
import { refusal, schemaOf } from '../openapi/answers';
import { ALWAYS, answerOf, changes, found, NAME, unlessKnown } from '../openapi/revised';

const INPUT = { displayName: 'Outlet temperature', unit: '°C', description: 'At the outlet.', decimals: 1 };
const METRIC = { name: 'temperature', ...INPUT, updatedAt: '2026-03-01T12:00:00.000250Z' };

export const DescribeList = () =>
  applyDecorators(
    ApiOperation({ summary: 'What is known about metrics, in order of their names' }),
    found(metricPage, { items: [METRIC], nextCursor: null }),
    unlessKnown(),
    refusal(400, 'invalid-request', 'A parameter is not valid or not known; `errors` names it.'),
    ...ALWAYS,
  );

export const DescribeGet = () =>
  applyDecorators(
    ApiOperation({ summary: 'What is known about a metric' }),
    NAME,
    found(metric, METRIC),
    unlessKnown(),
    refusal(404, 'not-found', 'Nothing is known about this metric.'),
    ...ALWAYS,
  );

export const DescribePut = () =>
  applyDecorators(
    ApiOperation({
      summary: 'Say what is known about a metric',
      description:
        'Replaces all that was said before; what is left out is not known any more. Readings of the metric need not exist yet. Without `If-Match` or `If-None-Match` the last one wins.',
    }),
    NAME,
    ApiBody({ schema: schemaOf(metricInput), examples: { temperature: { value: INPUT } } }),
    found(metric, METRIC),
    ApiResponse({ ...answerOf(metric, METRIC), status: 201, description: 'Nothing was known before.' }),
    ...changes(),
    refusal(
      422,
      'invalid-request',
      'A field is not valid or not known, or the name is none; `errors` names it.',
    ),
  );

export const DescribeRemove = () =>
  applyDecorators(
    ApiOperation({ summary: 'Forget what is known about a metric' }),
    NAME,
    ApiNoContentResponse({ description: 'Forgotten. Readings stay.' }),
    refusal(404, 'not-found', 'Nothing is known about this metric.'),
    ...changes(),
  );
