import { ApiResponse } from '@nestjs/swagger';
import { problem, PROBLEM_CONTENT_TYPE } from '@tidewatch/contracts';
import { z } from 'zod';

/** Describes an answer that refuses: problem+json with this code. */
export function refusal(status: number, code: string, description: string): MethodDecorator {
  return ApiResponse({
    status,
    description: `\`${code}\`: ${description}`,
    content: {
      [PROBLEM_CONTENT_TYPE]: {
        schema: schemaOf(problem),
        example: { type: `urn:tidewatch:problem:${code}`, title: code, status },
      },
    },
  });
}

/** The schema of the contract, as JSON Schema 2020-12, which OpenAPI 3.1 uses. Of input, what has a default may be left out. */
export function schemaOf(schema: z.ZodType, io: 'input' | 'output' = 'output'): object {
  return { ...z.toJSONSchema(schema, { io }), $schema: undefined };
}
