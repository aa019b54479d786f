import { anomaly, type Anomaly, LIMITS, seriesRef } from '@tidewatch/contracts';
import {
  type ConsumedRecord,
  type LogBatch,
  type PartitionClaim,
  type PartitionHandler,
  PoisonRecordError,
} from '@tidewatch/messaging';
import { parseTime, seriesKey } from '@tidewatch/readings';
import { inPartitionTransaction, type SeriesDictionary, upsertAnomalies } from '@tidewatch/time-series';
import type { Pool } from 'pg';
import { z } from 'zod';
import * as metrics from '../metrics';
import { tracedWrite } from './traced-write';

/** One partition of events of anomalies, each with the whole anomaly: the highest revision stands. Their series may come here before any of its readings does: it is made then. */
export class AnomaliesHandler implements PartitionHandler {
  constructor(
    private readonly claim: PartitionClaim,
    private readonly pool: Pool,
    private readonly dictionary: SeriesDictionary,
  ) {}

  async handle(batch: LogBatch): Promise<void> {
    const anomalies = batch.records.map(parse);
    const keys = anomalies.map(({ series }) =>
      seriesKey(series.device, series.metric, Object.entries(series.tags)),
    );
    const ids = await this.dictionary.resolve(keys);
    const rows = anomalies.map((one, i) => ({ ...one, seriesId: ids[i]! }));
    const changed = await tracedWrite(batch.spans, 'INSERT anomalies', () =>
      inPartitionTransaction(this.pool, this.claim, async (client) => {
        const count = rows.length > 0 ? await upsertAnomalies(client, rows) : 0;
        await this.claim.advance(client, batch.nextOffset);
        return count;
      }),
    );
    metrics.anomalies.inc(changed);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

const name = z.string().min(1).max(LIMITS.nameBytes);

const time = z.string().refine((text) => isWithinLimits(parseTime(text)), 'Must be an RFC 3339 date-time.');
const INT4_MAX = 2_147_483_647;

/** The contract, and that the table can hold it: an index entry has a size, and PostgreSQL takes `infinity` or `now` for a time. */
const storable = anomaly.extend({
  id: name,
  series: seriesRef.extend({ device: name, metric: name }),
  incidentId: name,
  detector: name,
  revision: anomaly.shape.revision.max(INT4_MAX),
  flaggedReadings: anomaly.shape.flaggedReadings.max(INT4_MAX),
  began: time,
  peakTime: time,
  ended: time.nullable(),
});

function isWithinLimits(timeUs: number): boolean {
  return timeUs >= LIMITS.minTimeUs && timeUs <= LIMITS.maxTimeUs;
}

const utf8 = new TextDecoder('utf-8', { fatal: true });

function parse({ offset, value }: ConsumedRecord): Anomaly {
  try {
    return storable.parse(JSON.parse(utf8.decode(value)));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    throw new PoisonRecordError(offset, 'malformed-anomaly', detail, { cause: error });
  }
}
