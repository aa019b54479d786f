import { randomBytes } from 'node:crypto';
import type { Tracing } from '@tidewatch/tracing';
import type { Pool } from 'pg';
import type { KafkaSecurity, MessagingOptions } from './options';

/** The settings of the log which every service has. */
export interface MessagingSettings {
  readonly MESSAGE_LOG: 'postgres' | 'kafka';
  readonly DATABASE_URL: string;
  readonly KAFKA_BROKERS: readonly string[];
  readonly KAFKA_TLS?: boolean | undefined;
  readonly KAFKA_TLS_CA?: string | undefined;
  readonly KAFKA_TLS_CERT?: string | undefined;
  readonly KAFKA_TLS_KEY?: string | undefined;
  readonly KAFKA_SASL_MECHANISM?: 'plain' | 'scram-sha-256' | 'scram-sha-512' | undefined;
  readonly KAFKA_SASL_USERNAME?: string | undefined;
  readonly KAFKA_SASL_PASSWORD?: string | undefined;
}

/** Options for a service's log from its settings, with an instance id of its own. */
export function messagingOptions(
  settings: MessagingSettings,
  service: { readonly name: string; readonly pool: Pool; readonly tracing?: Tracing },
): MessagingOptions {
  const common = {
    pool: service.pool,
    tracer: service.tracing?.tracer,
    instanceId: `${service.name}-${process.pid}-${randomBytes(4).toString('hex')}`,
  };
  return settings.MESSAGE_LOG === 'kafka'
    ? {
        ...common,
        driver: 'kafka',
        brokers: [...settings.KAFKA_BROKERS],
        clientId: `tidewatch-${service.name}`,
        security: kafkaSecurity(settings),
      }
    : { ...common, driver: 'postgres', connectionString: settings.DATABASE_URL };
}

/** That the settings are whole was checked when they were read. */
function kafkaSecurity(settings: MessagingSettings): KafkaSecurity {
  const { KAFKA_SASL_MECHANISM: mechanism, KAFKA_SASL_USERNAME: username = '' } = settings;
  const { KAFKA_TLS_CA: ca, KAFKA_TLS_CERT: cert, KAFKA_TLS_KEY: key } = settings;
  return {
    ...(settings.KAFKA_TLS === true && { tls: { ca, cert, key } }),
    ...(mechanism && { sasl: { mechanism, username, password: settings.KAFKA_SASL_PASSWORD ?? '' } }),
  };
}
