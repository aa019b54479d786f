import { LIVE_PATH } from '@tidewatch/contracts';
import type { GatewayConfig } from '../config';

export const UPSTREAMS = ['ingestion', 'storage', 'dashboard'] as const;
export type Upstream = (typeof UPSTREAMS)[number];

export interface ProxiedRoutes {
  readonly upstream: Upstream;
  readonly methods: readonly ('GET' | 'HEAD' | 'POST' | 'PUT' | 'DELETE')[];
  /** Fastify's route templates; `*` at the end stands for any rest. */
  readonly paths: readonly string[];
  /** Whether the gateway asks for a valid credential before it passes a request on. The service behind asks in any case. */
  readonly credential: boolean;
}

/** What goes where. Everything that is not here is the gateway's own or does not exist. */
export const PROXIED_ROUTES: readonly ProxiedRoutes[] = [
  {
    upstream: 'ingestion',
    methods: ['POST'],
    paths: ['/v1/readings', '/api/data'],
    credential: true,
  },
  {
    upstream: 'storage',
    methods: ['GET', 'HEAD'],
    paths: [
      ...['/v1/devices', '/v1/devices/*', '/v1/series', '/v1/series/*'],
      ...['/v1/anomalies', '/v1/anomalies/*', '/v1/dead-letters', '/v1/dead-letters/*'],
    ],
    credential: true,
  },
  {
    upstream: 'storage',
    methods: ['GET', 'HEAD', 'PUT', 'DELETE'],
    paths: ['/v1/metrics', '/v1/metrics/*', '/v1/detection/*'],
    credential: true,
  },
  { upstream: 'storage', methods: ['POST'], paths: ['/v1/detection/preview'], credential: true },
  { upstream: 'dashboard', methods: ['GET', 'HEAD'], paths: ['/', '/*'], credential: false },
];

/**
 * Never the page: unknown paths below these are errors, sockets are opened by an upgrade only (`UpgradeTunnel`), and probes are not on
 * this port.
 */
export const RESERVED_PATHS = [
  ...['/v1', '/v1/*', '/api', '/api/*', LIVE_PATH, `${LIVE_PATH}/*`],
  ...['/startz', '/livez', '/readyz', '/metrics'],
];

export function upstreamUrl(config: GatewayConfig, upstream: Upstream): string {
  return { ingestion: config.INGESTION_URL, storage: config.STORAGE_URL, dashboard: config.DASHBOARD_URL }[
    upstream
  ];
}
