import { commonConfig, type ConfigOf, defineService } from '@tidewatch/service-kit';
import { z } from 'zod';

export const storage = defineService({
  name: 'storage',
  description: 'Keeps readings and anomalies, and answers questions about their history.',
  port: 8083,
  // Of the write path: a COPY of a batch takes its time on a slow disk, and would take it again after a fault.
  statementTimeoutMs: 60_000,
  requestContext: false,
  // A page of the dashboard asks often, and the gateway logs what comes from outside.
  quietRoutes: ['/v1/devices', '/v1/series', '/v1/series/:id/readings', '/v1/anomalies', '/v1/dead-letters'],
  config: z.object({
    ...commonConfig,
    HISTORY_POOL_SIZE: z.coerce
      .number()
      .int()
      .min(1)
      .max(100)
      .default(4)
      .describe('Most connections for history queries, beside those of DATABASE_POOL_SIZE for writing.'),
    BATCH_MIN_BYTES: z.coerce
      .number()
      .int()
      .min(1)
      .max(2_000_000)
      .default(2_000_000)
      .describe('Bytes of readings worth waiting for before they are written (20 a reading).'),
    BATCH_MAX_WAIT_MS: z.coerce
      .number()
      .int()
      .min(0)
      .max(5_000)
      .default(400)
      .describe('Longest time for which readings wait for BATCH_MIN_BYTES, milliseconds.'),
    SERIES_CACHE_SIZE: z.coerce
      .number()
      .int()
      .min(100)
      .max(10_000_000)
      .default(200_000)
      .describe('Series whose ids are kept in memory, at about 250 bytes each.'),
    PREVIEWS_AT_ONCE: z.coerce
      .number()
      .int()
      .min(0)
      .max(100)
      .default(2)
      .describe('Most previews of detection that run at once; 0: none is given.'),
    PREVIEW_MAX_READINGS: z.coerce
      .number()
      .int()
      .min(1_000)
      .max(1_000_000_000)
      .default(20_000_000)
      .describe('Readings after which a preview stops, and says how far it has come.'),
    PREVIEW_MAX_SECONDS: z.coerce
      .number()
      .int()
      .min(1)
      .max(3_600)
      .default(60)
      .describe('Time after which a preview stops, and says how far it has come.'),
  }),
});

export type StorageConfig = ConfigOf<typeof storage>;
