import {
  Body,
  Controller,
  Delete,
  Get,
  Headers,
  HttpCode,
  Logger,
  Param,
  Put,
  Query,
  Res,
} from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { CurrentPrincipal, type Principal, RequireScope } from '@tidewatch/auth';
import { type Metric, metricInput, type MetricPage, PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import { parseBody } from '@tidewatch/service-kit';
import { Metrics } from '@tidewatch/time-series';
import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { CursorCodec } from '../history/cursor';
import { answer } from '../revised/answer';
import { checkedName } from '../revised/checked-name';
import { preconditionsOf, tagOfContent, tagOfRevision } from '../revised/entity-tags';
import { DescribeGet, DescribeList, DescribePut, DescribeRemove } from './metrics.openapi';
import { ListQuery } from '../revised/list-query';

const QUESTION = ['metrics'];

/** What people say about metrics: names for people, units, digits. */
@ApiTags('metrics')
@Controller('v1/metrics')
@RequireScope('read')
export class MetricsController {
  private readonly logger = new Logger(MetricsController.name);

  constructor(
    private readonly metrics: Metrics,
    private readonly cursors: CursorCodec,
  ) {}

  @Get()
  @DescribeList()
  async list(
    @Query() { limit, cursor }: ListQuery,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MetricPage | undefined> {
    const after = cursor === undefined ? undefined : this.cursors.decode(QUESTION, cursor);
    const { items, next } = await this.metrics.list(after ? { limit, after } : { limit });
    const page = { items, nextCursor: next && this.cursors.encode(QUESTION, next) };
    return answer(page, tagOfContent(page), { headers, reply });
  }

  @Get(':name')
  @DescribeGet()
  async get(
    @Param('name') name: string,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Metric | undefined> {
    const stored = await this.metrics.get(checkedName(name));
    if (!stored) throw unknownMetric();
    return answer(stored.item, tagOfRevision(stored.revision), { headers, reply });
  }

  @Put(':name')
  @RequireScope('admin')
  @DescribePut()
  async put(
    @Param('name') name: string,
    @Body() body: unknown,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Metric> {
    const input = parseBody(metricInput, body);
    const stored = await this.metrics.put(checkedName(name), input, preconditionsOf(headers));
    void reply.code(stored.isNew ? 201 : 200).header('etag', tagOfRevision(stored.revision));
    return stored.item;
  }

  @Delete(':name')
  @RequireScope('admin')
  @HttpCode(204)
  @DescribeRemove()
  async remove(
    @Param('name') name: string,
    @Headers() headers: IncomingHttpHeaders,
    @CurrentPrincipal() caller: Principal,
  ): Promise<void> {
    const removed = await this.metrics.remove(checkedName(name), preconditionsOf(headers));
    if (!removed) throw unknownMetric();
    this.logger.log({ msg: 'metadata of a metric removed', metric: name, by: caller.id });
  }
}

function unknownMetric(): ProblemError {
  return new ProblemError(404, PROBLEM_CODES.notFound, 'Nothing is known about this metric.');
}
