import { LIMITS } from '@tidewatch/contracts';
import { commonConfig, type ConfigOf, defineService } from '@tidewatch/service-kit';
import { z } from 'zod';

const MIB = 1024 * 1024;
const bytes = z.coerce.number().int().min(LIMITS.requestBytes);

export const ingestion = defineService({
  name: 'ingestion',
  description: 'Takes readings over HTTP and answers when the log has them.',
  port: 8081,
  // The hot path pays for nothing that it does not use; bodies are read by `BodyReader`.
  requestContext: false,
  quietRoutes: ['/v1/readings', '/api/data'],
  config: z.object({
    ...commonConfig,
    FLUSH_INTERVAL_MS: z.coerce
      .number()
      .int()
      .min(1)
      .max(1_000)
      .default(5)
      .describe('Longest time for which a reading waits for others before the log gets them, milliseconds.'),
    FLUSH_READINGS: z.coerce
      .number()
      .int()
      .min(1)
      .max(50_000)
      .default(2_000)
      .describe('Readings of one partition that end the waiting.'),
    MAX_PENDING_BYTES: bytes
      .default(32 * MIB)
      .describe('Bytes of readings that may wait for the log; above it requests are answered with 503.'),
    MAX_BODY_BYTES: bytes
      .default(64 * MIB)
      .describe(
        'Bytes of bodies that may be on their way in at once; above it requests are answered with 503.',
      ),
  }),
});

export type IngestionConfig = ConfigOf<typeof ingestion>;
