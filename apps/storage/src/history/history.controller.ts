import { Controller, Get, Param, Query } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '@tidewatch/auth';
import {
  type AnomalyPage,
  type DeadLetterPage,
  type DevicePage,
  PROBLEM_CODES,
  ProblemError,
  type ReadingPage,
  type SeriesPage,
} from '@tidewatch/contracts';
import { History, type Page, type PageRequest } from '@tidewatch/time-series';
import { CursorCodec } from './cursor';
import {
  DescribeAnomalies,
  DescribeDeadLetters,
  DescribeDevices,
  DescribeReadings,
  DescribeSeries,
} from './history.openapi';
import {
  AnomaliesQuery,
  DeadLettersQuery,
  DevicesQuery,
  ReadingsQuery,
  SeriesPath,
  SeriesQuery,
} from './parameters';

/** What was stored, page by page. */
@ApiTags('history')
@Controller('v1')
@RequireScope('read')
export class HistoryController {
  constructor(
    private readonly history: History,
    private readonly cursors: CursorCodec,
  ) {}

  @Get('devices')
  @DescribeDevices()
  async devices(@Query() query: DevicesQuery): Promise<DevicePage> {
    const question = ['devices'];
    return this.answer(question, await this.history.devices(this.request(question, query)));
  }

  @Get('series')
  @DescribeSeries()
  async series(@Query() { limit, cursor, ...filter }: SeriesQuery): Promise<SeriesPage> {
    const question = ['series', filter];
    const request = this.request(question, { limit, cursor });
    return this.answer(question, await this.history.series(filter, request));
  }

  @Get('series/:id/readings')
  @DescribeReadings()
  async readings(
    @Param() { id }: SeriesPath,
    @Query() { limit, cursor, ...range }: ReadingsQuery,
  ): Promise<ReadingPage> {
    const question = ['readings', id, range];
    const request = this.request(question, { limit, cursor });
    const page = await this.history.readings({ seriesId: id, ...range }, request);
    if (!page) throw new ProblemError(404, PROBLEM_CODES.notFound, 'There is no series with this id.');
    return this.answer(question, page);
  }

  @Get('anomalies')
  @DescribeAnomalies()
  async anomalies(@Query() { limit, cursor, ...filter }: AnomaliesQuery): Promise<AnomalyPage> {
    const question = ['anomalies', filter];
    const request = this.request(question, { limit, cursor });
    return this.answer(question, await this.history.anomalies(filter, request));
  }

  @Get('dead-letters')
  @RequireScope('admin')
  @DescribeDeadLetters()
  async deadLetters(@Query() query: DeadLettersQuery): Promise<DeadLetterPage> {
    const question = ['dead-letters'];
    const request = this.request(question, query);
    return this.answer(question, await this.history.deadLetters(request));
  }

  private request(
    question: unknown,
    { limit, cursor }: { limit: number; cursor?: string | undefined },
  ): PageRequest {
    return cursor === undefined ? { limit } : { limit, after: this.cursors.decode(question, cursor) };
  }

  private answer<Item>(question: unknown, { items, next }: Page<Item>) {
    return { items, nextCursor: next && this.cursors.encode(question, next) };
  }
}
