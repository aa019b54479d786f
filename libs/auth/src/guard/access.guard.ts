import { Injectable, type CanActivate, type ExecutionContext } from '@nestjs/common';
import { Reflector } from '@nestjs/core';
import { ACCESS_METADATA, PROBLEM_CODES, ProblemError, type Scope } from '@tidewatch/contracts';
import type { IncomingHttpHeaders } from 'node:http';
import { CredentialVerifier } from '../verification/credential-verifier';
import { hasScope, type Principal } from '../verification/principal';
import type { AuthenticatedRequest } from './access.decorators';
import { isSameOrigin } from './same-origin';

interface Request extends AuthenticatedRequest {
  readonly method: string;
  readonly headers: IncomingHttpHeaders;
}

type Access = Scope | 'authenticated' | 'public' | undefined;

/** The answer to every credential that is missing or not valid. */
export function unauthenticated(): ProblemError {
  return new ProblemError(401, PROBLEM_CODES.unauthenticated, 'A valid API key or session is needed.');
}

/** Lets a request through when its route is public or its caller has the route's scope. Routes that say neither are denied. */
@Injectable()
export class AccessGuard implements CanActivate {
  private readonly accessOf = new WeakMap<object, Map<object, Access>>();

  constructor(
    private readonly reflector: Reflector,
    private readonly verifier: CredentialVerifier,
  ) {}

  canActivate(context: ExecutionContext): boolean | Promise<boolean> {
    // Events come from the log, where only services write.
    if (context.getType() !== 'http') return true;
    const access = this.access(context);
    if (access === 'public') return true;
    const request = context.switchToHttp().getRequest<Request>();
    // A guard that answers without a promise keeps the hot path short.
    const principal = this.verifier.verifyNow(request.headers);
    if (principal) return admit(principal, access, request);
    return this.verifier.verify(request.headers).then((slow) => {
      if (!slow) throw unauthenticated();
      return admit(slow, access, request);
    });
  }

  private access(context: ExecutionContext): Access {
    const [handler, controller] = [context.getHandler(), context.getClass()];
    let ofController = this.accessOf.get(controller);
    if (!ofController) this.accessOf.set(controller, (ofController = new Map<object, Access>()));
    if (!ofController.has(handler)) {
      const access = this.reflector.getAllAndOverride<Access>(ACCESS_METADATA, [handler, controller]);
      ofController.set(handler, access);
    }
    return ofController.get(handler);
  }
}

function admit(principal: Principal, access: Exclude<Access, 'public'>, request: Request): true {
  if (access === undefined) {
    throw new ProblemError(403, PROBLEM_CODES.forbidden, 'This route is not open to anybody.');
  }
  if (access !== 'authenticated' && !hasScope(principal, access)) {
    throw new ProblemError(403, PROBLEM_CODES.forbidden, `The scope "${access}" is needed.`);
  }
  if (principal.via === 'session' && !isSameOrigin(request.method, request.headers)) {
    throw new ProblemError(
      403,
      PROBLEM_CODES.forbidden,
      'A session may only change things from our own pages.',
    );
  }
  request.principal = principal;
  return true;
}
