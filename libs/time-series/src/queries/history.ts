import {
  type Anomaly,
  type DeadLetter,
  type Device,
  PROBLEM_CODES,
  ProblemError,
  type Series,
  type StoredReading,
} from '@tidewatch/contracts';
import { type DataSource, QueryFailedError } from 'typeorm';
import { type AnomalyFilter, listAnomalies } from './anomalies';
import { listDeadLetters } from './dead-letters';
import { listDevices } from './devices';
import type { Page, PageRequest } from './page';
import { type TimeRange, listReadings } from './readings';
import { type SeriesFilter, listSeries, seriesExists } from './series';

const QUERY_CANCELED = '57014';
const RETRY_AFTER_SECONDS = 10;

/** What was stored, page by page. Throws a `ProblemError` (503) when the database takes too long. Connects when it is first asked, so a service can start while the database is away. */
export class History {
  #connecting: Promise<DataSource> | undefined;

  constructor(private readonly source: DataSource) {}

  devices(request: PageRequest): Promise<Page<Device>> {
    return this.#ask((source) => listDevices(source, request));
  }

  series(filter: SeriesFilter, request: PageRequest): Promise<Page<Series>> {
    return this.#ask((source) => listSeries(source, filter, request));
  }

  /** Undefined when there is no such series. */
  readings(
    filter: TimeRange & { readonly seriesId: number },
    request: PageRequest,
  ): Promise<Page<StoredReading> | undefined> {
    return this.#ask(async (source) => {
      const page = await listReadings(source, filter, request);
      return page.items.length > 0 || (await seriesExists(source, filter.seriesId)) ? page : undefined;
    });
  }

  anomalies(filter: AnomalyFilter, request: PageRequest): Promise<Page<Anomaly>> {
    return this.#ask((source) => listAnomalies(source, filter, request));
  }

  deadLetters(request: PageRequest): Promise<Page<DeadLetter>> {
    return this.#ask((source) => listDeadLetters(source, request));
  }

  async #ask<T>(question: (source: DataSource) => Promise<T>): Promise<T> {
    try {
      return await question(await this.#connected());
    } catch (error) {
      throw tookTooLong(error) ? tooLong(error) : error;
    }
  }

  #connected(): Promise<DataSource> {
    if (this.source.isInitialized) return Promise.resolve(this.source);
    this.#connecting ??= this.source.initialize().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }
}

/** The server cancelled the statement, or did not even say so. */
function tookTooLong(error: unknown): error is QueryFailedError {
  if (!(error instanceof QueryFailedError)) return false;
  const { message, code } = error.driverError as { message: string; code?: string };
  return code === QUERY_CANCELED || message === 'Query read timeout';
}

function tooLong(cause: QueryFailedError): ProblemError {
  return new ProblemError(503, PROBLEM_CODES.unavailable, 'The database took too long to answer.', {
    retryAfterSeconds: RETRY_AFTER_SECONDS,
    cause,
  });
}
