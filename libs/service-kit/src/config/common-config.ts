import { z } from 'zod';
import { databaseConfig } from './database-config';
import { kafkaConfig } from './kafka-config';
import { secret } from './secret';
import { tracingConfig } from './tracing-config';

/** Settings of every service: the shape to spread into the `z.object` of a service's own settings. */
export const commonConfig = {
  HOST: z.string().default('127.0.0.1').describe('Address to listen on.'),
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(0)
    .describe('Port to listen on. 0 takes any free port.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('Least severe level that is logged.'),
  ...databaseConfig,
  DATABASE_POOL_SIZE: z.coerce
    .number()
    .int()
    .min(1)
    .max(100)
    .default(6)
    .describe('Most connections to PostgreSQL that are open at once.'),
  MESSAGE_LOG: z
    .enum(['postgres', 'kafka'])
    .default('postgres')
    .describe('Driver of the message log: tables in the same PostgreSQL, or Kafka.'),
  ...kafkaConfig,
  ...tracingConfig,
  SESSION_KEY: z
    .string()
    .min(32)
    .meta(secret)
    .describe('Secret that signs browser sessions; the same for all services, at least 32 characters.'),
  SHUTDOWN_DELAY_MS: z.coerce
    .number()
    .int()
    .min(0)
    .max(20_000)
    .default(0)
    .describe('Time between "not ready" and closing the port, so that load balancers can look away.'),
  FAIL_POINT: z
    .string()
    .optional()
    .describe('Tests only: kills the process at a named point, as `name@nth`.'),
};

/** The schema of a service: an object that has at least the common settings. */
export type ServiceSchema = z.ZodObject<typeof commonConfig>;
export type CommonConfig = z.output<ServiceSchema>;
