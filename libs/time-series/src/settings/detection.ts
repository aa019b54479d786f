import type { DetectionInput, MetricDetection, SeriesDetection } from '@tidewatch/contracts';
import type { EntityManager } from 'typeorm';
import type { LazyDataSource } from '../queries/lazy-data-source';
import { type Page, type PageRequest, pageOf, rfc3339 } from '../queries/page';
import type { Revised } from './metrics';
import { nextRevision } from './next-revision';
import { checkPreconditions, type Preconditions } from './preconditions';

/** What a setting is about: a metric by its name, or a series by its id. */
export type DetectionSubject = { readonly metric: string } | { readonly seriesId: number };

interface Row {
  readonly body: DetectionInput;
  readonly revision: string;
  readonly updatedAt: string;
}
type MetricRow = Row & { readonly metric: string };
type SeriesRow = Row & { readonly seriesId: number } & SeriesDetection['series'];

/** `subject` of a series is its hash in hexadecimal: processing knows no ids. */
const NEWEST = `
  SELECT DISTINCT ON (subject) subject, body, revision, ${rfc3339('updated_at')} AS "updatedAt"
  FROM detection_settings WHERE scope = $1`;

const METRICS = `
  SELECT subject AS metric, body, revision, "updatedAt"
  FROM (${NEWEST} AND ($2::text IS NULL OR subject > $2) ORDER BY subject, revision DESC) AS newest
  WHERE body IS NOT NULL ORDER BY subject LIMIT $3`;

const SERIES = `
  SELECT s.id AS "seriesId", s.device, s.metric, s.tags, body, revision, "updatedAt"
  FROM (${NEWEST} ORDER BY subject, revision DESC) AS newest JOIN series s ON s.key_hash = decode(subject, 'hex')
  WHERE body IS NOT NULL AND ($2::int IS NULL OR s.id > $2) ORDER BY s.id LIMIT $3`;

/** Older revisions stay as long as a partition has yet to come to a newer one. */
const FORGET = `
  DELETE FROM detection_settings AS old USING detection_settings AS newer
  WHERE old.scope = newer.scope AND old.subject = newer.subject AND old.revision < newer.revision
    AND newer.revision <= coalesce((SELECT min(revision) FROM partition_settings), 0)`;

/** What is set of a metric, or of a series: its hash in hexadecimal. */
export interface StoredDetection {
  readonly scope: 'metric' | 'series';
  readonly subject: string;
  readonly input: DetectionInput;
}

const IN_FORCE = `
  SELECT scope, subject, body AS input FROM (
    SELECT DISTINCT ON (scope, subject) scope, subject, body FROM detection_settings
    WHERE scope = 'metric' AND subject = ANY($1::text[]) OR scope = 'series' AND subject = ANY($2::text[])
    ORDER BY scope, subject, revision DESC
  ) AS newest WHERE body IS NOT NULL`;

const WATCHING = 'SELECT settings FROM watching WHERE consumer = $1';

/** Settings of detection. Throws a `ProblemError`: 412 when a precondition fails, 503 when the database takes too long. */
export class DetectionSettings {
  constructor(private readonly source: LazyDataSource) {}

  /** In order of the names of metrics. */
  metrics({ limit, after }: PageRequest): Promise<Page<MetricDetection>> {
    return this.source.ask(async (source) => {
      const rows = await source.query<MetricRow[]>(METRICS, ['metric', after?.[0] ?? null, limit + 1]);
      return pageOf(rows, limit, { item: ofMetric, position: ({ metric }) => [metric] });
    });
  }

  /** In order of the ids of series. */
  series({ limit, after }: PageRequest): Promise<Page<SeriesDetection>> {
    return this.source.ask(async (source) => {
      const rows = await source.query<SeriesRow[]>(SERIES, ['series', after?.[0] ?? null, limit + 1]);
      return pageOf(rows, limit, { item: ofSeries, position: ({ seriesId }) => [String(seriesId)] });
    });
  }

  /** What is set now of these metrics, and of the series with these hashes (hexadecimal). */
  inForce(metrics: readonly string[], seriesHashes: readonly string[]): Promise<StoredDetection[]> {
    return this.source.ask((source) => source.query<StoredDetection[]>(IN_FORCE, [metrics, seriesHashes]));
  }

  /** What a consumer has said of how it watches readings; undefined where it has not yet. */
  async watching(consumer: string): Promise<unknown> {
    const [row] = await this.source.ask((source) =>
      source.query<{ settings: unknown }[]>(WATCHING, [consumer]),
    );
    return row?.settings;
  }

  /** Undefined when nothing is set. */
  get(subject: DetectionSubject): Promise<Revised<MetricDetection | SeriesDetection> | undefined> {
    return this.source.ask(async ({ manager }) => {
      const place = await placeOf(manager, subject);
      return place && find(manager, place);
    });
  }

  /** Replaces what was set. Undefined when there is no such series. */
  put(
    subject: DetectionSubject,
    input: DetectionInput,
    preconditions: Preconditions,
  ): Promise<(Revised<MetricDetection | SeriesDetection> & { readonly isNew: boolean }) | undefined> {
    return this.source.change(async (transaction) => {
      const place = await placeOf(transaction, subject);
      if (place === undefined) return undefined;
      const stored = await change(transaction, place, { body: input, preconditions });
      return { ...(await find(transaction, place))!, isNew: stored === undefined };
    });
  }

  /** False when nothing was set. */
  remove(subject: DetectionSubject, preconditions: Preconditions): Promise<boolean> {
    return this.source.change(async (transaction) => {
      const place = await placeOf(transaction, subject);
      if (place === undefined) return false;
      return (await change(transaction, place, { body: null, preconditions })) !== undefined;
    });
  }
}

interface Place {
  readonly scope: 'metric' | 'series';
  readonly subject: string;
  /** Of a series. */
  readonly about?: Omit<SeriesRow, keyof Row>;
}

async function placeOf(manager: EntityManager, subject: DetectionSubject): Promise<Place | undefined> {
  if ('metric' in subject) return { scope: 'metric', subject: subject.metric };
  const [row] = await manager.query<(Omit<SeriesRow, keyof Row> & { hash: string })[]>(
    `SELECT id AS "seriesId", device, metric, tags, encode(key_hash, 'hex') AS hash FROM series WHERE id = $1`,
    [subject.seriesId],
  );
  if (row === undefined) return undefined;
  const { hash, ...about } = row;
  return { scope: 'series', subject: hash, about };
}

async function newest(manager: EntityManager, { scope, subject }: Place): Promise<Row | undefined> {
  const [row] = await manager.query<(Omit<Row, 'body'> & { body: DetectionInput | null })[]>(
    `${NEWEST} AND subject = $2 ORDER BY subject, revision DESC`,
    [scope, subject],
  );
  return row === undefined || row.body === null ? undefined : { ...row, body: row.body };
}

async function find(
  manager: EntityManager,
  place: Place,
): Promise<Revised<MetricDetection | SeriesDetection> | undefined> {
  const row = await newest(manager, place);
  if (row === undefined) return undefined;
  const { about, subject } = place;
  const item = about ? ofSeries({ ...row, ...about }) : ofMetric({ ...row, metric: subject });
  return { item, revision: row.revision };
}

/** Adds a revision. Returns what was set before; where nothing was and nothing is to be, it adds none. */
async function change(
  transaction: EntityManager,
  place: Place,
  { body, preconditions }: { body: DetectionInput | null; preconditions: Preconditions },
): Promise<Row | undefined> {
  const revision = await nextRevision(transaction);
  const stored = await newest(transaction, place);
  checkPreconditions(preconditions, stored?.revision);
  if (body === null && stored === undefined) return undefined;
  await transaction.query(
    'INSERT INTO detection_settings (scope, subject, revision, body) VALUES ($1, $2, $3, $4)',
    [place.scope, place.subject, revision, body && JSON.stringify(body)],
  );
  await transaction.query(FORGET);
  return stored;
}

function ofMetric({ metric, body, updatedAt }: MetricRow): MetricDetection {
  return { metric, ...body, updatedAt };
}

function ofSeries({ seriesId, device, metric, tags, body, updatedAt }: SeriesRow): SeriesDetection {
  return { seriesId, series: { device, metric, tags }, ...body, updatedAt };
}
