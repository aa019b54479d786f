import type { Anomaly, DeadLetter, Device, Series, StoredReading } from '@tidewatch/contracts';
import { type AnomalyFilter, listAnomalies } from './anomalies';
import { listDeadLetters } from './dead-letters';
import { listDevices } from './devices';
import type { LazyDataSource } from './lazy-data-source';
import type { Page, PageRequest } from './page';
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
}
