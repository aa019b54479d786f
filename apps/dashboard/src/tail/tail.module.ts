import { Inject, Logger, Module, type OnApplicationBootstrap } from '@nestjs/common';
import { MESSAGE_LOG, type MessageLog } from '@tidewatch/messaging';
import { Readiness, SERVICE_CONFIG, Shutdown } from '@tidewatch/service-kit';
import type { DashboardConfig } from '../config';
import { LiveState } from '../state/live-state';
import { LiveTail } from './live-tail';

/** The live state and what feeds it. */
@Module({
  providers: [
    { provide: LiveState, useFactory: () => new LiveState() },
    {
      provide: LiveTail,
      inject: [LiveState, MESSAGE_LOG, SERVICE_CONFIG],
      useFactory: (state: LiveState, log: MessageLog, config: DashboardConfig) =>
        new LiveTail(state, log, config.LIVE_HISTORY_MS, new Logger('LiveTail')),
    },
  ],
  exports: [LiveState],
})
export class TailModule implements OnApplicationBootstrap {
  constructor(
    private readonly tail: LiveTail,
    @Inject(MESSAGE_LOG) private readonly log: MessageLog,
    private readonly readiness: Readiness,
    private readonly shutdown: Shutdown,
  ) {}

  onApplicationBootstrap(): void {
    this.readiness.add('log-tail', () => this.tail.check());
    this.shutdown.add('stop-taking', 'log-tail', () => this.tail.stop());
    this.shutdown.add('close', 'message-log', () => this.log.close());
    // Not awaited: the port opens although the log may be away, and readiness tells.
    void this.tail.start();
  }
}
