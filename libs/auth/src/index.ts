export { AuthModule, type AuthModuleAsyncOptions } from './auth.module';
export { LastAdminKeyError } from './errors';
export {
  Authenticated,
  CurrentPrincipal,
  Public,
  RequireScope,
  type AuthenticatedRequest,
} from './guard/access.decorators';
export { unauthenticated } from './guard/access.guard';
export { isSameOrigin } from './guard/same-origin';
export { adoptApiKey, createApiKey, listApiKeys, revokeApiKey } from './keys/api-keys';
export { parseKey } from './keys/key-format';
export type { AuthOptions } from './options';
export {
  SESSION_COOKIE,
  SESSION_LIFETIME_MS,
  openSession,
  sealSession,
  sessionIn,
  sessionSetCookie,
  type SessionClaims,
} from './sessions/session-cookie';
export { createSignInToken, redeemSignInToken } from './sessions/sign-in-tokens';
export { CredentialVerifier } from './verification/credential-verifier';
export { hasScope, type CredentialHeaders, type Principal } from './verification/principal';
export { untilGrid } from './verification/refusal-clock';
