import type { Anomaly, DeadLetter, Device, Series, StoredReading } from '@tidewatch/contracts';
import type { DataSource } from 'typeorm';
import { type AnomalyFilter, listAnomalies } from './anomalies';
import { listDeadLetters } from './dead-letters';
import { listDevices } from './devices';
import type { Page, PageRequest } from './page';
import { type TimeRange, listReadings } from './readings';
import { type SeriesFilter, listSeries, seriesExists } from './series';

/** What was stored, page by page. Connects when it is first asked, so a service can start while the database is away. */
export class History {
  #connecting: Promise<DataSource> | undefined;

  constructor(private readonly source: DataSource) {}

  async devices(request: PageRequest): Promise<Page<Device>> {
    return listDevices(await this.#connected(), request);
  }

  async series(filter: SeriesFilter, request: PageRequest): Promise<Page<Series>> {
    return listSeries(await this.#connected(), filter, request);
  }

  /** Undefined when there is no such series. */
  async readings(
    filter: TimeRange & { readonly seriesId: number },
    request: PageRequest,
  ): Promise<Page<StoredReading> | undefined> {
    const source = await this.#connected();
    const page = await listReadings(source, filter, request);
    if (page.items.length === 0 && !(await seriesExists(source, filter.seriesId))) return undefined;
    return page;
  }

  async anomalies(filter: AnomalyFilter, request: PageRequest): Promise<Page<Anomaly>> {
    return listAnomalies(await this.#connected(), filter, request);
  }

  async deadLetters(request: PageRequest): Promise<Page<DeadLetter>> {
    return listDeadLetters(await this.#connected(), request);
  }

  #connected(): Promise<DataSource> {
    if (this.source.isInitialized) return Promise.resolve(this.source);
    this.#connecting ??= this.source.initialize().finally(() => {
      this.#connecting = undefined;
    });
    return this.#connecting;
  }
}
