import { PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import { type DataSource, type EntityManager, QueryFailedError } from 'typeorm';

const QUERY_CANCELED = '57014';
const RETRY_AFTER_SECONDS = 10;

/** A data source that connects when it is first asked, so a service can start while the database is away. Throws a `ProblemError` (503) when the database takes too long. */
export class LazyDataSource {
  #connecting: Promise<DataSource> | undefined;

  constructor(private readonly source: DataSource) {}

  async ask<T>(question: (source: DataSource) => Promise<T>): Promise<T> {
    try {
      return await question(await this.#connected());
    } catch (error) {
      throw tookTooLong(error) ? tooLong(error) : error;
    }
  }

  /** Runs `work` in a transaction, and commits. */
  change<T>(work: (transaction: EntityManager) => Promise<T>): Promise<T> {
    return this.ask((source) => source.transaction(work));
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
