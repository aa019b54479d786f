import type { z } from 'zod';
import type { ServiceSchema } from './config/common-config';

/** What a service is, apart from its modules: enough to run it and to document its settings. */
export interface ServiceDefinition<S extends ServiceSchema = ServiceSchema> {
  /** Lower case, one word: part of log lines, metrics and the database's `application_name`. */
  readonly name: string;
  /** One sentence for the OpenAPI document. */
  readonly description: string;
  /** Default of the `PORT` setting. */
  readonly port: number;
  readonly config: S;
  /** Largest request body in bytes. Default 1 MiB. */
  readonly bodyLimit?: number;
  /**
   * Whether log lines written while a request is served carry its id by themselves (default). It costs an AsyncLocalStorage,
   * which on Node 20 slows every promise of the process down: services with a hot path turn it off.
   */
  readonly requestContext?: boolean;
  /** How long the database may take for a statement of the service's pool. Default 10 s: enough for anything that a request waits for. */
  readonly statementTimeoutMs?: number;
  /** Route templates whose requests are logged at `debug` and not at `info`: hot paths. */
  readonly quietRoutes?: readonly string[];
  /** Addresses of proxies whose `X-Forwarded-*` headers are believed. Default: none. */
  readonly trustedProxies?: (config: z.output<S>) => readonly string[];
  /**
   * For a service whose own port is public: the port for `/startz`, `/livez`, `/readyz` and `/metrics`, which the own port then does not have.
   * Such a service also serves its own `/openapi.json`.
   */
  readonly internalPort?: (config: z.output<S>) => number;
}

/** The configuration type of a definition. */
export type ConfigOf<D> = D extends ServiceDefinition<infer S> ? z.output<S> : never;

/** Declares a service. Its port becomes the default of the `PORT` setting. */
export function defineService<S extends ServiceSchema>(
  definition: ServiceDefinition<S>,
): ServiceDefinition<S> {
  const port = definition.config.shape.PORT.unwrap().default(definition.port).describe('Port to listen on.');
  // `extend` keeps every other setting as it is, so the schema's type stays the same.
  return { ...definition, config: definition.config.extend({ PORT: port }) as unknown as S };
}
