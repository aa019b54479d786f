import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { CredentialVerifier, hasScope } from '@tidewatch/auth';
import { SERVICE_CONFIG } from '@tidewatch/service-kit';
import type { DashboardConfig } from '../config';
import { refusedHandshakes } from '../metrics';
import { isOriginAllowed } from './origin';

export type Refusal = 'origin' | 'credential' | 'scope' | 'limit' | 'fault';

/** Decides who may open a socket, and whether it may stay open. */
@Injectable()
export class HandshakeGuard {
  /** Sockets that are open; kept by the gateway. */
  connected = 0;
  readonly #logger = new Logger('HandshakeGuard');

  constructor(
    private readonly verifier: CredentialVerifier,
    @Inject(SERVICE_CONFIG) private readonly config: DashboardConfig,
  ) {}

  get isFull(): boolean {
    return this.connected >= this.config.MAX_SOCKETS;
  }

  /** Undefined when the handshake is fine. Never rejects. */
  async examine(request: IncomingMessage): Promise<Refusal | undefined> {
    const refusal = await this.#examine(request);
    if (refusal !== undefined) refusedHandshakes.inc({ reason: refusal });
    return refusal;
  }

  /** True when the credential of a handshake does not hold any more. A fault on our side is no reason to say so. */
  async isRevoked(request: IncomingMessage): Promise<boolean> {
    try {
      return (await this.#checkCredential(request.headers)) !== undefined;
    } catch (error) {
      this.#logger.warn({ err: error }, 'cannot check credentials again');
      return false;
    }
  }

  async #examine(request: IncomingMessage): Promise<Refusal | undefined> {
    if (!isOriginAllowed(request.headers, this.config.PUBLIC_ORIGINS)) return 'origin';
    if (this.isFull) return 'limit';
    try {
      return await this.#checkCredential(request.headers);
    } catch (error) {
      this.#logger.error({ err: error }, 'cannot check a credential');
      return 'fault';
    }
  }

  async #checkCredential(headers: IncomingHttpHeaders): Promise<'credential' | 'scope' | undefined> {
    const principal = await this.verifier.verify(headers);
    if (principal === null) return 'credential';
    return hasScope(principal, 'read') ? undefined : 'scope';
  }
}
