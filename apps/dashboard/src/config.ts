import { commonConfig, type ConfigOf, defineService } from '@tidewatch/service-kit';
import { z } from 'zod';

const listOf = (item: z.ZodString) =>
  z
    .string()
    .transform((text) =>
      text
        .split(',')
        .map((part) => part.trim())
        .filter((part) => part !== ''),
    )
    .pipe(z.array(item));

export const dashboard = defineService({
  name: 'dashboard',
  description: 'Shows readings, anomalies and health live: the page, and the socket that feeds it.',
  port: 8084,
  quietRoutes: ['/*'],
  config: z.object({
    ...commonConfig,
    WEB_ROOT: z
      .string()
      .default('dist/apps/dashboard-web')
      .describe('Folder of the built page, relative to the working directory.'),
    SERVICE_URLS: listOf(
      z.string().regex(/^[a-z-]+=https?:\/\/[^/\s]+\/?$/, 'must be a list of name=http://host:port'),
    )
      .default([])
      .describe('Services whose readiness is shown: comma-separated `name=http://host:port`.'),
    PUBLIC_ORIGINS: listOf(z.string().regex(/^https?:\/\/[^/\s]+$/, 'must be a list of origins'))
      .default([])
      .describe(
        'Origins besides the own host whose pages may open the socket, such as `https://wall.example`.',
      ),
    LIVE_HISTORY_MS: z.coerce
      .number()
      .int()
      .min(0)
      .max(3_600_000)
      .default(600_000)
      .describe('How far back the log is read after a start, to know recent values again, milliseconds.'),
    MAX_SOCKETS: z.coerce
      .number()
      .int()
      .min(1)
      .max(10_000)
      .default(500)
      .describe('Browsers that may be connected at once.'),
  }),
});

export type DashboardConfig = ConfigOf<typeof dashboard>;
