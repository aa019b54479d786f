import { Controller, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '@tidewatch/auth';
import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Format } from '../metrics';
import {
  isCurlDefault,
  isJson,
  parseJsonBody,
  unsupportedEncoding,
  unsupportedMediaType,
} from '../requests/json-body';
import { newBatchId } from './batch-id';
import { BodyReader } from './body-reader';
import { DescribeForerunner, DescribeReadings } from './ingest.openapi';
import { IngestService, type Taken } from './ingest.service';

type IngestHttpRequest = FastifyRequest<{ Querystring: { partial?: unknown } }>;

/**
 * Translates between HTTP and readings. The handlers take the request and the answer as they are: what Nest and Fastify would do
 * to parse, validate and serialise costs more than all else on this path.
 */
@ApiTags('ingest')
@Controller()
@RequireScope('ingest')
export class IngestController {
  constructor(
    private readonly ingest: IngestService,
    private readonly bodies: BodyReader,
  ) {}

  @Post('v1/readings')
  @DescribeReadings()
  async takeReadings(@Req() request: IngestHttpRequest, @Res() reply: FastifyReply): Promise<void> {
    if (!isJson(request.headers['content-type'])) throw unsupportedMediaType();
    await this.take('readings', request, reply);
  }

  @Post('api/data')
  @DescribeForerunner()
  async takeForerunner(@Req() request: IngestHttpRequest, @Res() reply: FastifyReply): Promise<void> {
    const contentType = request.headers['content-type'];
    if (!isJson(contentType) && !isCurlDefault(contentType)) throw unsupportedMediaType();
    await this.take('forerunner', request, reply);
  }

  private async take(format: Format, request: IngestHttpRequest, reply: FastifyReply): Promise<void> {
    if (isEncoded(request.headers['content-encoding'])) throw unsupportedEncoding();
    const partial = partialOf(request.query.partial);
    const body = parseJsonBody(await this.bodies.read(request.raw));
    const { id: requestId, span } = request;
    const taken = await this.ingest.take({ format, body, requestId, span, partial });
    answer(reply, taken);
  }
}

function answer(reply: FastifyReply, { accepted, rejected }: Taken): void {
  void reply
    .code(rejected.length > 0 ? 207 : 202)
    .header('content-type', 'application/json; charset=utf-8')
    .send(JSON.stringify({ batchId: newBatchId(Date.now()), accepted, rejected }));
}

function isEncoded(contentEncoding: string | undefined): boolean {
  return contentEncoding !== undefined && contentEncoding.toLowerCase() !== 'identity';
}

function partialOf(parameter: unknown): boolean {
  if (parameter === undefined || parameter === 'false') return false;
  if (parameter === 'true') return true;
  throw new ProblemError(400, PROBLEM_CODES.invalidRequest, 'The request is not valid.', {
    errors: [{ pointer: 'partial', code: 'invalid-value', detail: 'Must be "true" or "false".' }],
  });
}
