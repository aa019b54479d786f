import { Injectable } from '@nestjs/common';
import { type Fault, PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import type { Span } from '@tidewatch/tracing';
import { type Format, readingsTotal } from '../metrics';
import type { FaultList } from '../requests/fault-list';
import { parseForerunner } from '../requests/forerunner-parser';
import { parseReadings } from '../requests/readings-parser';
import { RequestRows } from '../requests/request-rows';
import { IngestPipeline } from './ingest-pipeline';

export interface IngestRequest {
  readonly format: Format;
  /** The JSON value of the body. */
  readonly body: unknown;
  readonly requestId: string;
  readonly span: Span | undefined;
  /** Take the good readings although others are at fault. */
  readonly partial: boolean;
}

export interface Taken {
  readonly accepted: number;
  readonly rejected: readonly Fault[];
}

const PARSERS = { readings: parseReadings, forerunner: parseForerunner };

/** Takes the readings of a request: all of them or none, or with `partial` the good ones. */
@Injectable()
export class IngestService {
  private readonly rows = new RequestRows();
  private readonly counters = {
    readings: countersOf('readings'),
    forerunner: countersOf('forerunner'),
  };

  constructor(private readonly pipeline: IngestPipeline) {}

  /**
   * Resolves when the readings are on the log. Throws a `ProblemError` (413, 422) with nothing taken, or the error of the
   * log: then the same request may be sent again.
   */
  async take(request: IngestRequest): Promise<Taken> {
    const { catalog, batcher } = this.pipeline.get();
    const counters = this.counters[request.format];
    const receivedAtMs = Date.now();
    this.rows.truncate(0);
    const faults = PARSERS[request.format](
      request.body,
      { rows: this.rows, receivedUs: receivedAtMs * 1000 },
      catalog,
    );
    if (faults.faultyItems > 0) {
      counters.rejected.inc(faults.faultyItems);
      if (!request.partial || faults.isOfBody) throw invalidReadings(faults);
    }
    const accepted = this.rows.length;
    if (accepted > 0) {
      const sending = request.span?.isSampled === true ? this.pipeline.beginSend(request.span) : undefined;
      try {
        // The rows are in the batcher when this returns its promise, and serve the next request from then on.
        const { requestId } = request;
        await batcher.add(this.rows, { receivedAtMs, requestId, trace: sending?.context });
      } catch (error) {
        counters.refused.inc(accepted);
        sending?.fail(error);
        throw error;
      } finally {
        sending?.end();
      }
      counters.accepted.inc(accepted);
    }
    return { accepted, rejected: faults.kept };
  }
}

function countersOf(format: Format) {
  return {
    accepted: readingsTotal.labels('accepted', format),
    rejected: readingsTotal.labels('rejected', format),
    refused: readingsTotal.labels('refused', format),
  };
}

function invalidReadings(faults: FaultList): ProblemError {
  const { faultyItems, kept, total } = faults;
  const readings = faultyItems === 1 ? 'One reading is' : `${faultyItems} readings are`;
  const what = faults.isOfBody ? 'The body as a whole is' : readings;
  const listed =
    total > kept.length ? ` Of ${total} faults ${kept.length} are listed, some of each reading.` : '';
  const detail = `${what} not valid, and nothing was taken.${listed}`;
  return new ProblemError(422, PROBLEM_CODES.invalidReadings, detail, { errors: kept });
}
