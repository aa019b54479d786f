import fastifyStatic from '@fastify/static';
import { createRequire } from 'node:module';
import { dirname } from 'node:path';
import type { FastifyInstance } from 'fastify';
import type { RequestCheck } from '../proxy/register-proxy';

const FILES = ['swagger-ui.css', 'swagger-ui-bundle.js', 'favicon-32x32.png'];

const PAGE = `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <title>Tidewatch API</title>
    <link rel="icon" href="/docs/assets/favicon-32x32.png" />
    <link rel="stylesheet" href="/docs/assets/swagger-ui.css" />
  </head>
  <body>
    <div id="explorer"></div>
    <script src="/docs/assets/swagger-ui-bundle.js"></script>
    <script src="/docs/start.js"></script>
  </body>
</html>
`;

/** A file of its own, because the content security policy forbids inline scripts. */
const START = `SwaggerUIBundle({
  url: '/openapi.json',
  dom_id: '#explorer',
  deepLinking: true,
  // The default asks a service on the internet whether the document is valid.
  validatorUrl: null,
});
`;

/** Serves the API explorer at `/docs` from this machine: no file of it comes from the internet. */
export function serveExplorer(server: FastifyInstance, onRequest: RequestCheck): void {
  void server.register(async (scope) => {
    scope.addHook('onRequest', onRequest);
    await scope.register(fastifyStatic, {
      root: explorerFolder(),
      prefix: '/docs/assets/',
      allowedPath: (path) => FILES.includes(path.slice(1)),
      decorateReply: false,
      index: false,
      maxAge: '1d',
    });
    const pages = {
      '/docs': ['text/html', PAGE],
      '/docs/': ['text/html', PAGE],
      '/docs/start.js': ['text/javascript', START],
    };
    for (const [url, [type, body]] of Object.entries(pages)) {
      scope.get(url, (_request, reply) => reply.header('content-type', `${type}; charset=utf-8`).send(body));
    }
  });
}

/** swagger-ui-dist comes with @nestjs/swagger, in the version that belongs to it. */
function explorerFolder(): string {
  const swagger = createRequire(require.resolve('@nestjs/swagger'));
  return dirname(swagger.resolve('swagger-ui-dist/package.json'));
}
