import { applyDecorators } from '@nestjs/common';
import { ApiBody, ApiOperation, ApiQuery, ApiResponse } from '@nestjs/swagger';
import {
  ingestResult,
  LIMITS,
  legacyBody,
  problem,
  PROBLEM_CONTENT_TYPE,
  readingsBody,
} from '@tidewatch/contracts';
import { z } from 'zod';

const EXAMPLE_RESULT = { batchId: '018bd12c-58f0-7c4e-9a54-4f0a0c3f9a11', accepted: 2, rejected: [] };
const EXAMPLE_FAULT = {
  index: 1,
  pointer: '/1/value',
  code: 'wrong-type',
  detail: 'Must be a number.',
};

/** OpenAPI of `POST /v1/readings`. */
export function DescribeReadings(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Send readings',
      description:
        'One reading, an array, or an object with `readings`. 202 means that all of them are on the log. ' +
        'A reading is identified by device, metric, tags and time: sent again, it is the same reading, so after a 503, a reset or a ' +
        'time-out the same request can be sent again. Readings without `time` get the time of receipt, and are then new ones each time. ' +
        'Times may lie in the future. Unknown fields are refused.',
    }),
    ApiBody({
      schema: schemaOf(readingsBody),
      examples: {
        one: { value: { device: 'boiler-7', metric: 'temperature', value: 81.4 } },
        array: {
          value: [
            { device: 'boiler-7', metric: 'temperature', value: 81.4, time: '2026-03-01T12:00:00.000250Z' },
            {
              device: 'boiler-7',
              metric: 'pressure',
              value: 2.1,
              time: 1772366400000,
              tags: { site: 'north' },
            },
          ],
        },
        object: { value: { readings: [{ device: 'boiler-7', metric: 'temperature', value: 81.4 }] } },
      },
    }),
    describeAnswers(),
  );
}

/** OpenAPI of `POST /api/data`. */
export function DescribeForerunner(): MethodDecorator {
  return applyDecorators(
    ApiOperation({
      summary: 'Send readings in the format of the forerunner',
      description:
        'One object or an array of objects. Each numeric field beside `device_id` and `timestamp` is a metric; any other field is ' +
        'refused. `timestamp` is an ISO 8601 date-time (UTC when it has no offset) or a number: seconds since the epoch below 1e11, ' +
        'milliseconds from there on. The body is JSON whether the content type says so or is the default of `curl -d`.',
    }),
    ApiBody({
      schema: schemaOf(legacyBody),
      examples: {
        one: { value: { device_id: 'test-001', temperature: 25.5, humidity: 60 } },
        timed: { value: { device_id: 'test-001', temperature: 25.5, timestamp: 1772366400 } },
      },
    }),
    describeAnswers(),
  );
}

function describeAnswers(): MethodDecorator {
  return applyDecorators(
    ApiQuery({
      name: 'partial',
      required: false,
      schema: { type: 'boolean', default: false },
      description:
        'Take the good readings although others are at fault, and list the others with status 207. ' +
        'A body that is not valid as a whole is refused with 422 all the same.',
    }),
    result(202, 'All readings are on the log.', EXAMPLE_RESULT),
    result(
      207,
      'With `partial=true`: the readings in `rejected` were not taken, the others are on the log.',
      {
        ...EXAMPLE_RESULT,
        rejected: [EXAMPLE_FAULT],
      },
    ),
    refusal(
      400,
      'malformed-body',
      'Not JSON; the detail tells the place. Or a bad parameter (`invalid-request`).',
    ),
    refusal(401, 'unauthenticated', 'No valid API key.'),
    refusal(403, 'forbidden', 'The key has not the scope `ingest`.'),
    refusal(
      413,
      'payload-too-large',
      `More than ${LIMITS.readingsPerRequest} readings or ${LIMITS.requestBytes / 1024 / 1024} MiB.`,
    ),
    refusal(415, 'unsupported-media-type', 'Not `application/json`, or a compressed body.'),
    refusal(
      422,
      'invalid-readings',
      'Some readings are not valid, and none was taken. `errors` names each of them with index and JSON pointer.',
      [EXAMPLE_FAULT],
    ),
    refusal(
      503,
      'unavailable',
      'The log is away or too slow, or too much waits for it. Send the same again after `Retry-After` seconds: readings with a `time` ' +
        'are not counted twice.',
    ),
  );
}

function result(status: number, description: string, example: object): MethodDecorator {
  return ApiResponse({
    status,
    description,
    content: { 'application/json': { schema: schemaOf(ingestResult), example } },
  });
}

function refusal(status: number, code: string, description: string, errors?: object[]): MethodDecorator {
  const example = { type: `urn:tidewatch:problem:${code}`, title: code, status, ...(errors && { errors }) };
  return ApiResponse({
    status,
    description: `\`${code}\`: ${description}`,
    content: { [PROBLEM_CONTENT_TYPE]: { schema: schemaOf(problem), example } },
  });
}

/** The schema of the contract, as JSON Schema 2020-12, which OpenAPI 3.1 uses. */
function schemaOf(schema: z.ZodType): object {
  return { ...z.toJSONSchema(schema), $schema: undefined };
}
