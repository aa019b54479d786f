import { applyDecorators } from '@nestjs/common';
import {
  ApiBody,
  ApiHeader,
  ApiNoContentResponse,
  ApiOperation,
  ApiParam,
  ApiResponse,
} from '@nestjs/swagger';
import { metric, metricInput, metricPage } from '@tidewatch/contracts';
import type { z } from 'zod';
import { refusal, schemaOf } from '../openapi/answers';

const INPUT = { displayName: 'Outlet temperature', unit: '°C', description: 'At the outlet.', decimals: 1 };
const METRIC = { name: 'temperature', ...INPUT, updatedAt: '2026-03-01T12:00:00.000250Z' };
const ETAG = { ETag: { description: 'Changes with the answer.', schema: { type: 'string' as const } } };

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

const NAME = ApiParam({
  name: 'name',
  schema: { type: 'string' },
  description: 'As in readings, percent-encoded.',
});
const ALWAYS = [
  refusal(401, 'unauthenticated', 'No valid credential.'),
  refusal(403, 'forbidden', 'The credential has not the scope.'),
  refusal(503, 'unavailable', 'The database is away or too slow. Ask again after `Retry-After` seconds.'),
];

function answerOf(schema: z.ZodType, example: object) {
  return { headers: ETAG, content: { 'application/json': { schema: schemaOf(schema), example } } };
}

function found(schema: z.ZodType, example: object): MethodDecorator {
  return ApiResponse({ ...answerOf(schema, example), status: 200, description: 'With its `ETag`.' });
}

function unlessKnown(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'ETags of answers that the caller has.',
    }),
    ApiResponse({ status: 304, description: 'The caller has this answer.', headers: ETAG }),
  );
}

function changes(): MethodDecorator[] {
  const change = 'Only if its ETag is';
  return [
    ApiHeader({
      name: 'If-Match',
      required: false,
      description: `${change} one of these; \`*\`: if there is one.`,
    }),
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: `${change} none of these; \`*\`: if there is none.`,
    }),
    refusal(412, 'precondition-failed', 'What is there is not what `If-Match` or `If-None-Match` says.'),
    ...ALWAYS,
  ];
}
