import { Body, Controller, Delete, Get, HttpCode, Inject, Post, Req, Res } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOperation, ApiTags, type ApiBodyOptions } from '@nestjs/swagger';
import {
  Authenticated,
  CredentialVerifier,
  Public,
  SESSION_LIFETIME_MS,
  isSameOrigin,
  openSession,
  redeemSignInToken,
  sealSession,
  sessionIn,
  sessionSetCookie,
  unauthenticated,
  untilGrid,
  type SessionClaims,
} from '@tidewatch/auth';
import {
  PROBLEM_CODES,
  ProblemError,
  session,
  signIn,
  type Session,
  type SignIn,
} from '@tidewatch/contracts';
import { PG_POOL, SERVICE_CONFIG } from '@tidewatch/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { ZodResponse, createZodDto } from 'nestjs-zod';
import type { Pool } from 'pg';
import { z } from 'zod';
import type { GatewayConfig } from '../config';

class SessionDto extends createZodDto(session) {}

/** A union has no class: it is validated here and described by its JSON schema. */
const signInBody = {
  schema: z.toJSONSchema(signIn),
  examples: { key: { value: { apiKey: 'tw_…' } }, link: { value: { token: '…' } } },
} as ApiBodyOptions;

/** Sessions of browsers: a signed cookie, and nothing on the server. */
@ApiTags('access')
@Controller('v1/session')
export class SessionController {
  constructor(
    @Inject(PG_POOL) private readonly pool: Pool,
    @Inject(SERVICE_CONFIG) private readonly config: GatewayConfig,
    private readonly verifier: CredentialVerifier,
  ) {}

  @Post()
  @Public()
  @HttpCode(200)
  @ApiOperation({ summary: 'Sign in with an API key or the token of a sign-in link', security: [] })
  @ApiBody(signInBody)
  @ZodResponse({ status: 200, type: SessionDto })
  async open(
    @Body() body: unknown,
    @Req() request: FastifyRequest,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Session> {
    refuseForeignPages(request);
    const claims = await this.claimsFor(parseSignIn(body));
    const cookie = sessionSetCookie(sealSession(claims, this.config.SESSION_KEY), isHttps(request));
    void reply.header('set-cookie', cookie).header('cache-control', 'no-store');
    return toSession(claims);
  }

  @Get()
  @Authenticated()
  @ApiOperation({ summary: 'The current session' })
  @ZodResponse({ status: 200, type: SessionDto })
  current(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): Session {
    void reply.header('cache-control', 'no-store');
    const value = sessionIn(request.headers.cookie ?? '');
    const claims = value === undefined ? null : openSession(value, this.config.SESSION_KEY, Date.now());
    if (!claims) throw new ProblemError(404, PROBLEM_CODES.notFound, 'This request has no session.');
    return toSession(claims);
  }

  @Delete()
  @Public()
  @HttpCode(204)
  @ApiOperation({ summary: 'Sign out', security: [] })
  @ApiNoContentResponse()
  close(@Req() request: FastifyRequest, @Res({ passthrough: true }) reply: FastifyReply): void {
    refuseForeignPages(request);
    void reply.header('set-cookie', sessionSetCookie(null, isHttps(request)));
  }

  private async claimsFor(credential: SignIn): Promise<SessionClaims> {
    const startedAtMs = performance.now();
    const expiresAtMs = Date.now() + SESSION_LIFETIME_MS;
    if ('apiKey' in credential) {
      const principal = await this.verifier.verify({ 'x-api-key': credential.apiKey });
      if (!principal) throw unauthenticated();
      return { keyId: principal.id, scopes: principal.scopes, expiresAtMs };
    }
    const scopes = await redeemSignInToken(this.pool, credential.token);
    if (!scopes) {
      await untilGrid(startedAtMs);
      throw unauthenticated();
    }
    return { keyId: undefined, scopes, expiresAtMs };
  }
}

function parseSignIn(body: unknown): SignIn {
  const parsed = signIn.safeParse(body);
  if (parsed.success) return parsed.data;
  const detail = 'The body must be an object with either "apiKey" or "token", a string.';
  throw new ProblemError(400, PROBLEM_CODES.invalidRequest, detail);
}

/** Nobody else's page may sign a visitor in (as somebody else) or out. Callers that are no browsers say nothing of their origin. */
function refuseForeignPages(request: FastifyRequest): void {
  const { origin, 'sec-fetch-site': site } = request.headers;
  if (origin === undefined && site === undefined) return;
  const headers = { ...request.headers, 'x-forwarded-host': request.host };
  if (isSameOrigin(request.method, headers)) return;
  throw new ProblemError(403, PROBLEM_CODES.forbidden, 'Only our own pages may do this.');
}

function isHttps(request: FastifyRequest): boolean {
  return request.protocol === 'https';
}

function toSession(claims: SessionClaims): Session {
  return { scopes: [...claims.scopes], expiresAt: new Date(claims.expiresAtMs).toISOString() };
}
