import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import type { MessagingOptions } from './options';

/** The settings of the log which every service has. */
export interface MessagingSettings {
  readonly MESSAGE_LOG: 'postgres' | 'kafka';
  readonly DATABASE_URL: string;
  readonly KAFKA_BROKERS: readonly string[];
}

/** Options for a service's log from its settings, with an instance id of its own. */
export function messagingOptions(
  settings: MessagingSettings,
  service: { readonly name: string; readonly pool: Pool },
): MessagingOptions {
  const common = {
    pool: service.pool,
    instanceId: `${service.name}-${process.pid}-${randomBytes(4).toString('hex')}`,
  };
  return settings.MESSAGE_LOG === 'kafka'
    ? {
        ...common,
        driver: 'kafka',
        brokers: [...settings.KAFKA_BROKERS],
        clientId: `tidewatch-${service.name}`,
      }
    : { ...common, driver: 'postgres', connectionString: settings.DATABASE_URL };
}
