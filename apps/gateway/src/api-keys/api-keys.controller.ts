import { Body, Controller, Delete, Get, Header, HttpCode, Inject, Logger, Param, Post } from '@nestjs/common';
import { ApiBody, ApiNoContentResponse, ApiOperation, ApiTags } from '@nestjs/swagger';
import {
  CredentialVerifier,
  CurrentPrincipal,
  LastAdminKeyError,
  RequireScope,
  createApiKey,
  listApiKeys,
  revokeApiKey,
  type Principal,
} from '@tidewatch/auth';
import {
  PROBLEM_CODES,
  ProblemError,
  apiKeyList,
  createApiKey as createApiKeySchema,
  createdApiKey,
  type ApiKeyList,
  type CreatedApiKey,
} from '@tidewatch/contracts';
import { ControlAnnouncer } from '@tidewatch/messaging';
import { PG_POOL } from '@tidewatch/service-kit';
import { ZodResponse, createZodDto } from 'nestjs-zod';
import type { Pool } from 'pg';

class CreateApiKeyDto extends createZodDto(createApiKeySchema) {}
class CreatedApiKeyDto extends createZodDto(createdApiKey) {}
class ApiKeyListDto extends createZodDto(apiKeyList) {}

/** Keys of devices, tools and people. */
@ApiTags('access')
@RequireScope('admin')
@Controller('v1/api-keys')
export class ApiKeysController {
  private readonly logger = new Logger(ApiKeysController.name);

  constructor(
    @Inject(PG_POOL) private readonly pool: Pool,
    private readonly verifier: CredentialVerifier,
    private readonly announcer: ControlAnnouncer,
  ) {}

  @Get()
  @ApiOperation({ summary: 'All API keys, the newest first, revoked ones included' })
  @ZodResponse({ status: 200, type: ApiKeyListDto })
  async list(): Promise<ApiKeyList> {
    return { items: await listApiKeys(this.pool) };
  }

  @Post()
  @Header('cache-control', 'no-store')
  @ApiBody({
    type: CreateApiKeyDto,
    examples: { device: { value: { name: 'boiler-7', scopes: ['ingest'] } } },
  })
  @ApiOperation({ summary: 'Create an API key; the answer is the only time at which the key is shown' })
  @ZodResponse({ status: 201, type: CreatedApiKeyDto })
  async create(@Body() body: CreateApiKeyDto, @CurrentPrincipal() caller: Principal): Promise<CreatedApiKey> {
    const created = await createApiKey(this.pool, body);
    this.logger.log({ msg: 'key created', keyId: created.id, scopes: created.scopes, by: caller.id });
    await this.announce(created.id);
    return created;
  }

  @Delete(':id')
  @HttpCode(204)
  @ApiOperation({ summary: 'Revoke an API key and the sessions opened with it' })
  @ApiNoContentResponse()
  async revoke(@Param('id') id: string, @CurrentPrincipal() caller: Principal): Promise<void> {
    try {
      const revoked = await revokeApiKey(this.pool, id);
      if (!revoked) throw new ProblemError(404, PROBLEM_CODES.notFound, 'There is no such key.');
    } catch (error) {
      if (!(error instanceof LastAdminKeyError)) throw error;
      const detail = 'This is the last key with the scope "admin": create another one first.';
      throw new ProblemError(409, PROBLEM_CODES.conflict, detail, { cause: error });
    }
    this.logger.log({ msg: 'key revoked', keyId: id, by: caller.id });
    await this.announce(id);
  }

  /** Services that miss the event see the change within five seconds. */
  private async announce(keyId: string): Promise<void> {
    this.verifier.forget(keyId);
    await this.announcer.announce({ kind: 'keys-changed', keyId });
  }
}
