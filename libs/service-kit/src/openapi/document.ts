import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { DocumentBuilder, SwaggerModule, type OpenAPIObject } from '@nestjs/swagger';
import { cleanupOpenApiDoc } from 'nestjs-zod';
import type { ServiceDefinition } from '../service-definition';

const API_VERSION = '1';

/** The OpenAPI 3.1 document of a service, from its controllers and their zod schemas. */
export function openApiDocument(app: NestFastifyApplication, definition: ServiceDefinition): OpenAPIObject {
  const config = new DocumentBuilder()
    .setOpenAPIVersion('3.1.0')
    .setTitle(`Tidewatch ${definition.name}`)
    .setDescription(definition.description)
    .setVersion(API_VERSION)
    .addApiKey({ type: 'apiKey', in: 'header', name: 'X-API-Key' }, 'apiKey')
    .addBearerAuth({ type: 'http', scheme: 'bearer' }, 'bearer')
    .addSecurityRequirements('apiKey')
    .addSecurityRequirements('bearer')
    .build();
  const document = SwaggerModule.createDocument(app, config, {
    operationIdFactory: (controller, method) => `${controller.replace(/Controller$/, '')}_${method}`,
  });
  return cleanupOpenApiDoc(document, { version: '3.1' });
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
