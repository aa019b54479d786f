import { Controller } from '@nestjs/common';
import { EventPattern, Payload } from '@nestjs/microservices';
import { controlEvent, TOPICS } from '@tidewatch/contracts';
import { CredentialVerifier } from '../verification/credential-verifier';

/** Makes a revocation bite in this process as soon as it is announced. Needs a service that listens to control events. */
@Controller()
export class KeysChangedController {
  constructor(private readonly verifier: CredentialVerifier) {}

  @EventPattern(TOPICS.control)
  onControlEvent(@Payload() payload: unknown): void {
    const event = controlEvent.safeParse(payload);
    if (event.success && event.data.kind === 'keys-changed') this.verifier.forget(event.data.keyId);
  }
}
