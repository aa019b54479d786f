import { Injectable, Logger, type OnApplicationBootstrap } from '@nestjs/common';
import { Shutdown } from '@tidewatch/service-kit';
import { NO_REVISION, SettingsStore } from './settings-store';

/** Changes are announced; this finds those whose announcement was lost. */
const LOOK_EVERY_MS = 15_000;

/** Knows the latest revision of the settings. Partitions look at it before each batch. */
@Injectable()
export class SettingsFeed implements OnApplicationBootstrap {
  private readonly logger = new Logger(SettingsFeed.name);
  private revision = NO_REVISION;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly store: SettingsStore,
    shutdown: Shutdown,
  ) {
    shutdown.add('stop-taking', 'settings', () => {
      clearInterval(this.timer);
      return Promise.resolve();
    });
  }

  get latest(): bigint {
    return this.revision;
  }

  async onApplicationBootstrap(): Promise<void> {
    this.timer = setInterval(() => void this.look(), LOOK_EVERY_MS);
    await this.look();
  }

  /** Never fails: what is not seen now is seen the next time. */
  async look(): Promise<void> {
    try {
      const revision = await this.store.latestRevision();
      if (revision > this.revision) this.revision = revision;
    } catch (error) {
      this.logger.warn({ msg: 'settings could not be looked up', err: error });
    }
  }
}
