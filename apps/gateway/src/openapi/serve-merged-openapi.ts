import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { openApiDocument } from '@tidewatch/service-kit';
import { gateway, type GatewayConfig } from '../config';
import type { RequestCheck } from '../proxy/register-proxy';
import { PROXIED_ROUTES, upstreamUrl, type Upstream } from '../proxy/routes';
import { DocumentSource } from './document-source';
import { mergeDocuments, type ApiDocument, type ServiceDocument } from './merge-documents';

const SERVICES: readonly Upstream[] = ['ingestion', 'storage'];

/** Serves `/openapi.json`: the gateway's own operations and those of the services behind that it passes on. */
export function serveMergedOpenApi(
  app: NestFastifyApplication,
  config: GatewayConfig,
  onRequest: RequestCheck,
): void {
  const sources = SERVICES.map((service) => ({
    service,
    source: new DocumentSource(new URL('/openapi.json', upstreamUrl(config, service)).href),
    isPublic: publicPaths(service),
  }));
  let own: ApiDocument | undefined;
  const server = app.getHttpAdapter().getInstance();
  server.get('/openapi.json', { onRequest }, async (_request, reply) => {
    own ??= ownDocument(app);
    const documents = await Promise.all(
      sources.map(async ({ source, ...rest }) => ({ ...rest, document: await source.get() })),
    );
    const known = documents.filter((one): one is ServiceDocument & typeof one => one.document !== undefined);
    return reply
      .header('content-type', 'application/json; charset=utf-8')
      .header('cache-control', 'no-cache')
      .send(JSON.stringify(mergeDocuments(own, known)));
  });
}

function ownDocument(app: NestFastifyApplication): ApiDocument {
  const document = openApiDocument(app, gateway) as unknown as ApiDocument;
  return { ...document, info: { ...document.info, title: 'Tidewatch' } };
}

/** A document writes parameters as `{id}`; the proxy's wildcards stand for any rest. */
function publicPaths(service: Upstream): (path: string) => boolean {
  const templates = PROXIED_ROUTES.filter(({ upstream }) => upstream === service).flatMap(
    ({ paths }) => paths,
  );
  return (path) =>
    templates.some((template) =>
      template.endsWith('*') ? path.startsWith(template.slice(0, -1)) : path === template,
    );
}
