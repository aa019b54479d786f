import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { PROBLEM_CODES, PROBLEM_CONTENT_TYPE, problem } from '@tidewatch/contracts';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';
import { z } from 'zod';
import type { ServiceDefinition } from '../service-definition';

const API_VERSION = '1';
const METHODS = ['get', 'put', 'post', 'delete', 'patch'] as const;

const ANY_PROBLEM = {
  description: 'Any error, as problem details (RFC 9457). 429 and 503 come with `Retry-After`.',
  content: {
    [PROBLEM_CONTENT_TYPE]: {
      schema: { $ref: '#/components/schemas/Problem' },
      example: {
        type: `urn:tidewatch:problem:${PROBLEM_CODES.tooManyRequests}`,
        title: 'Too Many Requests',
        status: 429,
        detail: 'Too many requests: come again later.',
        requestId: '3f0c2b44-6f0e-4a6e-9f0a-0b8a1f6f4c1d',
      },
    },
  },
};

/** The OpenAPI 3.1 document of a service, from its controllers and their zod schemas. */
export function openApiDocument(app: NestFastifyApplication, definition: ServiceDefinition): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(`Tidewatch ${definition.name}`)
    .setDescription(definition.description)
    .setVersion(API_VERSION)
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'apiKey')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'bearer')
    .addCookieAuth('tidewatch_session', { type: 'apiKey', in: 'cookie' }, 'session')
    .addSecurityRequirements('apiKey')
    .addSecurityRequirements('bearer')
    .addSecurityRequirements('session')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  return withProblems(cleanupOpenApiDoc(document, { version: '3.1' }));
}

/** Whatever an operation does not describe itself is answered with problem+json, too. */
function withProblems(document: OpenAPIObject): OpenAPIObject {
  for (const item of Object.values(document.paths)) {
    for (const method of METHODS) {
      const operation = item[method];
      if (operation) operation.responses = { ...operation.responses, default: ANY_PROBLEM };
    }
  }
  const schemas = { ...document.components?.schemas, Problem: problemSchema() };
  return { ...document, components: { ...document.components, schemas } };
}

function problemSchema(): object {
  // The dialect is the one of the document.
  return { ...z.toJSONSchema(problem), $schema: undefined };
}

/** Serves the document at `/openapi.json`; it is built on the first request. */
export function serveOpenApi(app: NestFastifyApplication, definition: ServiceDefinition): void {
  let body: string | undefined;
  app
    .getHttpAdapter()
    .getInstance()
    .get('/openapi.json', (_request, reply) => {
      body ??= JSON.stringify(openApiDocument(app, definition));
      void reply.header('content-type', 'application/json; charset=utf-8').send(body);
    });
}
