import type { Scope } from '@tidewatch/contracts';

/** Who calls. */
export interface Principal {
  /** Id of the key, also for a session that was opened with one; `sign-in-link` for a session without a key. */
  readonly id: string;
  readonly scopes: readonly Scope[];
  readonly via: 'key' | 'session';
}

/** The headers that may carry a credential: of a request, or of a socket's handshake. */
export interface CredentialHeaders {
  readonly authorization?: string | undefined;
  readonly 'x-api-key'?: string | string[] | undefined;
  readonly cookie?: string | undefined;
}

/** `admin` includes every other scope. */
export function hasScope(principal: Principal, wanted: Scope): boolean {
  return principal.scopes.includes(wanted) || principal.scopes.includes('admin');
}
