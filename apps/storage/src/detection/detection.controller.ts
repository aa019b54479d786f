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
import {
  detectionInput,
  type MetricDetection,
  type MetricDetectionPage,
  PROBLEM_CODES,
  ProblemError,
  type SeriesDetection,
  type SeriesDetectionPage,
} from '@tidewatch/contracts';
import { ControlAnnouncer } from '@tidewatch/messaging';
import { parseBody } from '@tidewatch/service-kit';
import { DetectionSettings, type DetectionSubject, type Page } from '@tidewatch/time-series';
import type { FastifyReply } from 'fastify';
import type { IncomingHttpHeaders } from 'node:http';
import { CursorCodec } from '../history/cursor';
import { SeriesPath } from '../history/parameters';
import { answer } from '../revised/answer';
import { checkedName } from '../revised/checked-name';
import { preconditionsOf, tagOfContent, tagOfRevision } from '../revised/entity-tags';
import { ListQuery } from '../revised/list-query';
import { ListMetrics, ListSeries, OfMetric, OfSeries } from './detection.openapi';

type Detection = MetricDetection | SeriesDetection;

/** How metrics and series are watched. */
@ApiTags('detection')
@Controller('v1/detection')
@RequireScope('read')
export class DetectionController {
  private readonly logger = new Logger(DetectionController.name);

  constructor(
    private readonly settings: DetectionSettings,
    private readonly announcer: ControlAnnouncer,
    private readonly cursors: CursorCodec,
  ) {}

  @Get('metrics')
  @ListMetrics()
  async metrics(
    @Query() query: ListQuery,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<MetricDetectionPage | undefined> {
    const question = ['detection', 'metrics'];
    const page = await this.settings.metrics(this.request(question, query));
    return this.page(question, page, { headers, reply });
  }

  @Get('series')
  @ListSeries()
  async series(
    @Query() query: ListQuery,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<SeriesDetectionPage | undefined> {
    const question = ['detection', 'series'];
    const page = await this.settings.series(this.request(question, query));
    return this.page(question, page, { headers, reply });
  }

  @Get('metrics/:name')
  @OfMetric.DescribeGet()
  getMetric(
    @Param('name') name: string,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Detection | undefined> {
    return this.get({ metric: checkedName(name) }, { headers, reply });
  }

  @Get('series/:id')
  @OfSeries.DescribeGet()
  getSeries(
    @Param() { id }: SeriesPath,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Detection | undefined> {
    return this.get({ seriesId: id }, { headers, reply });
  }

  @Put('metrics/:name')
  @RequireScope('admin')
  @OfMetric.DescribePut()
  putMetric(
    @Param('name') name: string,
    @Body() body: unknown,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Detection> {
    return this.put({ metric: checkedName(name) }, body, { headers, reply });
  }

  @Put('series/:id')
  @RequireScope('admin')
  @OfSeries.DescribePut()
  putSeries(
    @Param() { id }: SeriesPath,
    @Body() body: unknown,
    @Headers() headers: IncomingHttpHeaders,
    @Res({ passthrough: true }) reply: FastifyReply,
  ): Promise<Detection> {
    return this.put({ seriesId: id }, body, { headers, reply });
  }

  @Delete('metrics/:name')
  @RequireScope('admin')
  @HttpCode(204)
  @OfMetric.DescribeRemove()
  removeMetric(
    @Param('name') name: string,
    @Headers() headers: IncomingHttpHeaders,
    @CurrentPrincipal() caller: Principal,
  ): Promise<void> {
    return this.remove({ metric: checkedName(name) }, headers, caller);
  }

  @Delete('series/:id')
  @RequireScope('admin')
  @HttpCode(204)
  @OfSeries.DescribeRemove()
  removeSeries(
    @Param() { id }: SeriesPath,
    @Headers() headers: IncomingHttpHeaders,
    @CurrentPrincipal() caller: Principal,
  ): Promise<void> {
    return this.remove({ seriesId: id }, headers, caller);
  }

  private async get(subject: DetectionSubject, http: Http): Promise<Detection | undefined> {
    const stored = await this.settings.get(subject);
    if (!stored) throw notSet();
    return answer(stored.item, tagOfRevision(stored.revision), http);
  }

  private async put(subject: DetectionSubject, body: unknown, { headers, reply }: Http): Promise<Detection> {
    const input = parseBody(detectionInput, body);
    const stored = await this.settings.put(subject, input, preconditionsOf(headers));
    if (!stored) throw unknownSeries();
    await this.announcer.announce({ kind: 'settings-changed' });
    void reply.code(stored.isNew ? 201 : 200).header('etag', tagOfRevision(stored.revision));
    return stored.item;
  }

  private async remove(
    subject: DetectionSubject,
    headers: IncomingHttpHeaders,
    caller: Principal,
  ): Promise<void> {
    const removed = await this.settings.remove(subject, preconditionsOf(headers));
    if (!removed) throw notSet();
    this.logger.log({ msg: 'detection settings removed', subject, by: caller.id });
    await this.announcer.announce({ kind: 'settings-changed' });
  }

  private request(question: unknown, { limit, cursor }: ListQuery) {
    return cursor === undefined ? { limit } : { limit, after: this.cursors.decode(question, cursor) };
  }

  private page<Item>(question: unknown, { items, next }: Page<Item>, http: Http) {
    const page = { items, nextCursor: next && this.cursors.encode(question, next) };
    return answer(page, tagOfContent(page), http);
  }
}

interface Http {
  readonly headers: IncomingHttpHeaders;
  readonly reply: FastifyReply;
}

function notSet(): ProblemError {
  return new ProblemError(404, PROBLEM_CODES.notFound, 'Nothing is set here: the product decides.');
}

function unknownSeries(): ProblemError {
  const detail = 'There is no series with this id.';
  return new ProblemError(422, PROBLEM_CODES.invalidRequest, detail, {
    errors: [{ pointer: '/id', code: 'unknown-series', detail }],
  });
}
