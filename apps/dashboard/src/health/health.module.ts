import { Module, type OnApplicationBootstrap } from '@nestjs/common';
import { SERVICE_CONFIG, Shutdown } from '@tidewatch/service-kit';
import type { DashboardConfig } from '../config';
import { HealthPoller } from './health-poller';

/** Watches the readiness of all services. */
@Module({
  providers: [
    {
      provide: HealthPoller,
      inject: [SERVICE_CONFIG],
      useFactory: (config: DashboardConfig) => new HealthPoller(toMap(config.SERVICE_URLS)),
    },
  ],
  exports: [HealthPoller],
})
export class HealthModule implements OnApplicationBootstrap {
  constructor(
    private readonly poller: HealthPoller,
    private readonly shutdown: Shutdown,
  ) {}

  onApplicationBootstrap(): void {
    this.poller.start();
    this.shutdown.add('stop-taking', 'health-poller', () => {
      this.poller.stop();
      return Promise.resolve();
    });
  }
}

function toMap(urls: readonly string[]): Map<string, string> {
  return new Map(
    urls.map((entry) => {
      const at = entry.indexOf('=');
      return [entry.slice(0, at), entry.slice(at + 1)];
    }),
  );
}
