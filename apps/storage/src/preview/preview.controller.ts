import { Body, Controller, HttpCode, Inject, Logger, Post, Req, Res } from '@nestjs/common';
import { ApiTags } from '@nestjs/swagger';
import { RequireScope } from '@tidewatch/auth';
import { NDJSON_CONTENT_TYPE, type PreviewLine } from '@tidewatch/contracts';
import { problemOf, Readiness, SERVICE_CONFIG, toProblemError } from '@tidewatch/service-kit';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Readable } from 'node:stream';
import type { StorageConfig } from '../config';
import * as metrics from '../metrics';
import { closedSignal, documentOf, wantsDocument } from './preview-answer';
import { DescribePreview } from './preview.openapi';
import { questionOf } from './preview-question';
import { PreviewService } from './preview.service';
import { PreviewSlots } from './preview-slots';

/** Beyond the bound of time, for a reader that is slow. */
const GRACE_MS = 30_000;

/** A document comes in the end only, and whoever passes it on waits no longer than half a minute for an answer to begin. */
const DOCUMENT_MAX_SECONDS = 20;

/** "Would it have fired?": stored history once more, by any settings. */
@ApiTags('detection')
@Controller('v1/detection')
@RequireScope('read')
export class PreviewController {
  private readonly logger = new Logger(PreviewController.name);

  constructor(
    private readonly previews: PreviewService,
    private readonly slots: PreviewSlots,
    private readonly readiness: Readiness,
    @Inject(SERVICE_CONFIG) private readonly config: StorageConfig,
  ) {}

  @Post('preview')
  @HttpCode(200)
  @DescribePreview()
  async preview(
    @Body() body: unknown,
    @Req() { id, headers }: FastifyRequest,
    @Res() reply: FastifyReply,
  ): Promise<void> {
    const question = questionOf(body, Date.now());
    const closed = closedSignal(reply, this.config.PREVIEW_MAX_SECONDS * 1000 + GRACE_MS);
    this.slots.take(closed);
    const asDocument = wantsDocument(headers.accept);
    const most = this.config.PREVIEW_MAX_SECONDS;
    const seconds = asDocument ? Math.min(most, DOCUMENT_MAX_SECONDS) : most;
    const isStopping = () => this.readiness.isStopping;
    const run = await this.previews.prepare(question, { nowMs: Date.now(), seconds, isStopping });
    const lines = counted(run.lines(closed));
    void reply.header('cache-control', 'no-store');
    if (asDocument) {
      const document = await documentOf(lines);
      if (document !== undefined) void reply.send(document);
      return;
    }
    // Lines are there to be seen at once: a proxy in front must not collect them.
    void reply.header('content-type', NDJSON_CONTENT_TYPE).header('x-accel-buffering', 'no');
    void reply.send(Readable.from(this.encoded(lines, id)));
  }

  /** The status was sent long ago, so what fails is said in a last line. */
  private async *encoded(lines: AsyncIterable<PreviewLine>, requestId: string): AsyncGenerator<string, void> {
    try {
      for await (const line of lines) yield encode(line);
    } catch (error) {
      this.logger.error({ msg: 'a preview failed', err: error, requestId });
      yield encode({ type: 'problem', problem: problemOf(toProblemError(error), requestId) });
    }
  }
}

function encode(line: PreviewLine): string {
  return `${JSON.stringify(line)}\n`;
}

async function* counted(lines: AsyncIterable<PreviewLine>): AsyncGenerator<PreviewLine, void> {
  let outcome = 'broken-off';
  try {
    for await (const line of lines) {
      if (line.type === 'summary') {
        outcome = line.stopped === null ? 'complete' : 'stopped';
        metrics.previewReadings.inc(line.readings);
      }
      yield line;
    }
  } finally {
    metrics.previews.inc({ outcome });
  }
}
