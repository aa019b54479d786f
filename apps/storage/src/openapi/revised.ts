import { applyDecorators } from '@nestjs/common';
import { ApiHeader, ApiParam, ApiResponse } from '@nestjs/swagger';
import type { z } from 'zod';
import { refusal, schemaOf } from './answers';

const ETAG = { ETag: { description: 'Changes with the answer.', schema: { type: 'string' as const } } };

export const NAME = ApiParam({
  name: 'name',
  schema: { type: 'string' },
  description: 'As in readings, percent-encoded.',
});
export const ALWAYS = [
  refusal(401, 'unauthenticated', 'No valid credential.'),
  refusal(403, 'forbidden', 'The credential has not the scope.'),
  refusal(503, 'unavailable', 'The database is away or too slow. Ask again after `Retry-After` seconds.'),
];

export function answerOf(schema: z.ZodType, example: object) {
  return { headers: ETAG, content: { 'application/json': { schema: schemaOf(schema), example } } };
}

export function found(schema: z.ZodType, example: object): MethodDecorator {
  return ApiResponse({ ...answerOf(schema, example), status: 200, description: 'With its `ETag`.' });
}

export function unlessKnown(): MethodDecorator {
  return applyDecorators(
    ApiHeader({
      name: 'If-None-Match',
      required: false,
      description: 'ETags of answers that the caller has.',
    }),
    ApiResponse({ status: 304, description: 'The caller has this answer.', headers: ETAG }),
  );
}

export function changes(): MethodDecorator[] {
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
