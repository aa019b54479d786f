import type { Anomaly, DeadLetter, Device, Series, StoredReading } from '@tidewatch/contracts';
import { type AnomalyFilter, listAnomalies } from './anomalies';
import { listDeadLetters } from './dead-letters';
import { type DeviceSeriesPage, listDeviceSeries, type SeriesSelection } from './device-series';
import { listDevices } from './devices';
import type { LazyDataSource } from './lazy-data-source';
import type { Page, PageRequest } from './page';
import { type ColumnsFilter, listReadingColumns, listStarts, type ReadingColumns } from './reading-columns';
import { type TimeRange, listReadings } from './readings';
import { type SeriesFilter, listSeries, seriesExists } from './series';

/** What was stored, page by page. Throws a `ProblemError` (503) when the database takes too long. */
export class History {
  constructor(private readonly source: LazyDataSource) {}

  devices(request: PageRequest): Promise<Page<Device>> {
    return this.source.ask((source) => listDevices(source, request));
  }

  series(filter: SeriesFilter, request: PageRequest): Promise<Page<Series>> {
    return this.source.ask((source) => listSeries(source, filter, request));
  }

  /** Undefined when there is no such series. */
  readings(
    filter: TimeRange & { readonly seriesId: number },
    request: PageRequest,
  ): Promise<Page<StoredReading> | undefined> {
    return this.source.ask(async (source) => {
      const page = await listReadings(source, filter, request);
      return page.items.length > 0 || (await seriesExists(source, filter.seriesId)) ? page : undefined;
    });
  }

  anomalies(filter: AnomalyFilter, request: PageRequest): Promise<Page<Anomaly>> {
    return this.source.ask((source) => listAnomalies(source, filter, request));
  }

  deadLetters(request: PageRequest): Promise<Page<DeadLetter>> {
    return this.source.ask((source) => listDeadLetters(source, request));
  }

  /** The series of the device that the selection is of, those that are selected first. */
  deviceSeries(selection: SeriesSelection, limit: number): Promise<DeviceSeriesPage> {
    return this.source.ask((source) => listDeviceSeries(source, selection, limit));
  }

  /** The first readings of a series in a range, many at once. */
  readingColumns(filter: ColumnsFilter, limit: number): Promise<ReadingColumns> {
    return this.source.ask((source) => listReadingColumns(source, filter, limit));
  }

  /** For each series the time (µs) of the reading that is so many before `beforeUs`, or of its first one; undefined where there is none. */
  starts(
    seriesIds: readonly number[],
    run: { readonly beforeUs: number; readonly readings: number },
  ): Promise<(number | undefined)[]> {
    return this.source.ask((source) => listStarts(source, seriesIds, run));
  }
}
