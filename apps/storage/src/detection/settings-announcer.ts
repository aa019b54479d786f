import { Inject, Injectable, Logger } from '@nestjs/common';
import {
  type ControlClient,
  createControlClient,
  MESSAGE_LOG,
  MESSAGING_OPTIONS,
  type MessageLog,
  type MessagingOptions,
  publishControl,
} from '@tidewatch/messaging';
import { Shutdown } from '@tidewatch/service-kit';

/** Tells processing that settings have changed. */
@Injectable()
export class SettingsAnnouncer {
  private readonly logger = new Logger(SettingsAnnouncer.name);
  private readonly client: ControlClient;

  constructor(
    @Inject(MESSAGING_OPTIONS) options: MessagingOptions,
    @Inject(MESSAGE_LOG) log: MessageLog,
    shutdown: Shutdown,
  ) {
    this.client = createControlClient(options, log);
    shutdown.add('close', 'control client', () => Promise.resolve(this.client.close()));
  }

  /** Never fails: the change is in the database, and processing looks there from time to time. */
  async announce(): Promise<void> {
    try {
      await publishControl(this.client, { kind: 'settings-changed' });
    } catch (error) {
      this.logger.warn({ msg: 'changed settings could not be announced', err: error });
    }
  }
}
