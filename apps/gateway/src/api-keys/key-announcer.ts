import { Inject, Injectable, Logger } from '@nestjs/common';
import { CredentialVerifier } from '@tidewatch/auth';
import {
  MESSAGE_LOG,
  MESSAGING_OPTIONS,
  createControlClient,
  publishControl,
  type ControlClient,
  type MessageLog,
  type MessagingOptions,
} from '@tidewatch/messaging';
import { Shutdown } from '@tidewatch/service-kit';

/** Tells all instances of all services that a key has changed, so that they ask the database about it. */
@Injectable()
export class KeyAnnouncer {
  private readonly logger = new Logger(KeyAnnouncer.name);
  private readonly client: ControlClient;

  constructor(
    @Inject(MESSAGING_OPTIONS) options: MessagingOptions,
    @Inject(MESSAGE_LOG) log: MessageLog,
    shutdown: Shutdown,
    private readonly verifier: CredentialVerifier,
  ) {
    this.client = createControlClient(options, log);
    shutdown.add('close', 'control client', async () => {
      await this.client.close();
      await log.close();
    });
  }

  /** Never fails: the change is in the database, and services that miss the event see it within five seconds. */
  async announce(keyId: string): Promise<void> {
    this.verifier.forget(keyId);
    try {
      await publishControl(this.client, { kind: 'keys-changed', keyId });
    } catch (error) {
      this.logger.warn({ msg: 'a changed key could not be announced', keyId, err: error });
    }
  }
}
