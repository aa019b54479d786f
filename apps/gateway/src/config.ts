import { commonConfig, defineService, type ConfigOf } from '@tidewatch/service-kit';
import { isIP } from 'node:net';
import { z } from 'zod';

const perMinute = (limit: number) => z.coerce.number().int().min(1).default(limit);
const upstream = (port: number) => z.url({ protocol: /^https?$/ }).default(`http://127.0.0.1:${port}`);

function isNetwork(text: string): boolean {
  const [address = '', bits = '0', ...rest] = text.split('/');
  const family = isIP(address);
  return (
    family !== 0 && rest.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= (family === 4 ? 32 : 128)
  );
}

const config = z.object({
  ...commonConfig,
  INTERNAL_PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65_535)
    .default(8085)
    .describe('Port of `/startz`, `/livez`, `/readyz` and `/metrics`: they are not on the public port.'),
  INGESTION_URL: upstream(8081).describe('Where the ingestion service is.'),
  STORAGE_URL: upstream(8083).describe('Where the storage service is.'),
  DASHBOARD_URL: upstream(8084).describe('Where the dashboard service is.'),
  UPSTREAM_TIMEOUT_MS: z.coerce
    .number()
    .int()
    .min(100)
    .default(30_000)
    .describe('How long a service may take to begin its answer, and to pause within it.'),
  UPSTREAM_CONNECTIONS: z.coerce
    .number()
    .int()
    .min(1)
    .default(256)
    .describe('Most connections to one service; further requests wait for one.'),
  UPSTREAM_MAX_REQUESTS: z.coerce
    .number()
    .int()
    .min(1)
    .default(1_024)
    .describe('Most requests to one service at once, with those that wait; more are answered with 503.'),
  MAX_SOCKETS: z.coerce.number().int().min(1).default(5_000).describe('Most web sockets at once.'),
  TRUSTED_PROXIES: z
    .string()
    .default('')
    .transform((text) =>
      text
        .split(',')
        .map((item) => item.trim())
        .filter((item) => item !== ''),
    )
    .refine(
      (items) => items.every(isNetwork),
      'must be a list of IP addresses and networks such as 10.0.0.0/8',
    )
    .describe(
      'Comma-separated addresses or networks of proxies in front whose `X-Forwarded-*` headers count.',
    ),
  LIMIT_KEY_PER_MINUTE: perMinute(1_200_000).describe('Requests a minute with one key or session.'),
  LIMIT_ADDRESS_PER_MINUTE: perMinute(6_000).describe(
    'Requests a minute from one address for what needs no credential: the page, sockets, documentation.',
  ),
  LIMIT_REFUSED_PER_MINUTE: perMinute(300).describe(
    'Requests a minute from one address without a valid credential where one is needed.',
  ),
  LIMIT_SIGN_IN_PER_MINUTE: perMinute(20).describe('Attempts to sign in a minute from one address.'),
});

export const gateway = defineService({
  name: 'gateway',
  description: 'The public API of Tidewatch.',
  port: 8080,
  config,
  requestContext: false,
  quietRoutes: ['/v1/readings', '/api/data'],
  trustedProxies: ({ TRUSTED_PROXIES }) => TRUSTED_PROXIES,
  internalPort: ({ INTERNAL_PORT }) => INTERNAL_PORT,
});

export type GatewayConfig = ConfigOf<typeof gateway>;
