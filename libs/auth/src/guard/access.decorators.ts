import { createParamDecorator, SetMetadata, type ExecutionContext } from '@nestjs/common';
import { ACCESS_METADATA, type Scope } from '@tidewatch/contracts';
import type { Principal } from '../verification/principal';

/** The request as the guard leaves it. */
export interface AuthenticatedRequest {
  principal?: Principal;
}

/** Who may call a route, or all routes of a controller: callers with this scope (or `admin`). */
export const RequireScope = (scope: Scope) => SetMetadata(ACCESS_METADATA, scope);

/** Every caller with a valid credential may call, whatever its scopes. */
export const Authenticated = () => SetMetadata(ACCESS_METADATA, 'authenticated');

/** Anybody may call. */
export const Public = () => SetMetadata(ACCESS_METADATA, 'public');

/** Injects the caller into a handler of a route that is not public. */
export const CurrentPrincipal = createParamDecorator(
  (_data: unknown, context: ExecutionContext): Principal => {
    const { principal } = context.switchToHttp().getRequest<AuthenticatedRequest>();
    if (!principal) throw new Error('CurrentPrincipal is for routes that require a scope');
    return principal;
  },
);
