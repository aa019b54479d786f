import { Inject, Injectable, Logger, type OnModuleDestroy } from '@nestjs/common';
import type { ControlEvent } from '@tidewatch/contracts';
import { MESSAGE_LOG, MESSAGING_OPTIONS } from '../messaging.module';
import type { MessagingOptions } from '../options';
import type { MessageLog } from '../port/log';
import { type ControlClient, createControlClient, publishControl } from './control';

/** Tells every instance of every service what has changed in the database. */
@Injectable()
export class ControlAnnouncer implements OnModuleDestroy {
  private readonly logger = new Logger(ControlAnnouncer.name);
  private readonly client: ControlClient;

  constructor(@Inject(MESSAGING_OPTIONS) options: MessagingOptions, @Inject(MESSAGE_LOG) log: MessageLog) {
    this.client = createControlClient(options, log);
  }

  /** Never fails: the change is in the database, and who misses the event looks there from time to time. */
  async announce(event: ControlEvent): Promise<void> {
    try {
      await publishControl(this.client, event);
    } catch (error) {
      this.logger.warn({ msg: 'a change could not be announced', event, err: error });
    }
  }

  async onModuleDestroy(): Promise<void> {
    await this.client.close();
  }
}
