import { LIMITS, PROBLEM_CODES, ProblemError } from '@tidewatch/contracts';
import { ENCODED_ROW_LENGTH } from '@tidewatch/readings';
import type { CatalogSeries } from './series-catalog';

/** The readings of one request as columns. One instance serves all requests, each from parser to batcher in one turn. */
export class RequestRows {
  readonly series = new Array<CatalogSeries>(LIMITS.readingsPerRequest);
  readonly timeUs = new Float64Array(LIMITS.readingsPerRequest);
  readonly value = new Float64Array(LIMITS.readingsPerRequest);
  private rows = 0;

  get length(): number {
    return this.rows;
  }

  /** Throws a `ProblemError` (413) when the request holds as many readings as it may. */
  append(series: CatalogSeries, timeUs: number, value: number): void {
    if (this.rows === LIMITS.readingsPerRequest) throw tooManyReadings();
    this.series[this.rows] = series;
    this.timeUs[this.rows] = timeUs;
    this.value[this.rows] = value;
    this.rows += 1;
  }

  /** Drops the rows from `length` on. */
  truncate(length: number): void {
    this.rows = length;
  }

  /** Bytes that the rows can take in blocks at most: as if each had a series of its own. */
  maxEncodedLength(): number {
    let bytes = 0;
    for (let i = 0; i < this.rows; i++) bytes += ENCODED_ROW_LENGTH + this.series[i]!.encodedLength;
    return bytes;
  }
}

export function tooManyReadings(): ProblemError {
  return new ProblemError(
    413,
    PROBLEM_CODES.payloadTooLarge,
    `A request may hold at most ${LIMITS.readingsPerRequest} readings. Send them in several requests.`,
  );
}
