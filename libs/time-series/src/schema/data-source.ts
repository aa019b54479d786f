import 'reflect-metadata';
import { DataSource, type DataSourceOptions } from 'typeorm';
import { AnomalyEntity } from '../entities/anomaly.entity';
import { DeadLetterEntity } from '../entities/dead-letter.entity';
import { MetricEntity } from '../entities/metric.entity';
import { SeriesEntity } from '../entities/series.entity';
import { Readings1763900000001 } from '../migrations/1763900000001-readings';
import { Consumers1763900000002 } from '../migrations/1763900000002-consumers';
import { MessageLog1763900000003 } from '../migrations/1763900000003-message-log';
import { Access1763900000004 } from '../migrations/1763900000004-access';
import { LogIdentity1763900000005 } from '../migrations/1763900000005-log-identity';
import { Settings1763900000006 } from '../migrations/1763900000006-settings';
import { Episodes1763900000007 } from '../migrations/1763900000007-episodes';
import { DetectionSettings1763900000008 } from '../migrations/1763900000008-detection-settings';
import { Findings1763900000009 } from '../migrations/1763900000009-findings';
import { Watching1763900000010 } from '../migrations/1763900000010-watching';
import { SettingsOfCheckpoints1763900000011 } from '../migrations/1763900000011-settings-of-checkpoints';
import { StateInPlace1763900000012 } from '../migrations/1763900000012-state-in-place';
import { OpenRanges1763900000013 } from '../migrations/1763900000013-open-ranges';

/** In order. A migration that was released is never changed. */
const MIGRATIONS = [
  Readings1763900000001,
  Consumers1763900000002,
  MessageLog1763900000003,
  Access1763900000004,
  LogIdentity1763900000005,
  Settings1763900000006,
  Episodes1763900000007,
  DetectionSettings1763900000008,
  Findings1763900000009,
  Watching1763900000010,
  SettingsOfCheckpoints1763900000011,
  StateInPlace1763900000012,
  OpenRanges1763900000013,
];

const MIGRATIONS_TABLE = 'schema_migrations';
export const CONNECT_TIMEOUT_MS = 5_000;
/** How much longer than a statement may take we wait for the server to say so: one that is gone says nothing. */
const ANSWER_TIMEOUT_MS = 2_000;

export interface DataSourceSettings {
  readonly databaseUrl: string;
  readonly applicationName: string;
  /** Most connections that are open at once. */
  readonly poolSize: number;
  /** Longest time of a statement. Default: none. */
  readonly statementTimeoutMs?: number;
}

/** The schema changes by migrations only, never by comparing entities (`synchronize`). */
export function dataSourceOptions(settings: DataSourceSettings): DataSourceOptions {
  return {
    type: 'postgres',
    url: settings.databaseUrl,
    applicationName: settings.applicationName,
    poolSize: settings.poolSize,
    connectTimeoutMS: CONNECT_TIMEOUT_MS,
    extra: timeouts(settings.statementTimeoutMs),
    entities: [SeriesEntity, AnomalyEntity, DeadLetterEntity, MetricEntity],
    migrations: MIGRATIONS,
    migrationsTableName: MIGRATIONS_TABLE,
    migrationsTransactionMode: 'each',
    synchronize: false,
    installExtensions: false,
  };
}

function timeouts(statementTimeoutMs: number | undefined): object {
  if (statementTimeoutMs === undefined) return {};
  return { statement_timeout: statementTimeoutMs, query_timeout: statementTimeoutMs + ANSWER_TIMEOUT_MS };
}

/** A data source that is not connected yet. */
export function createDataSource(settings: DataSourceSettings): DataSource {
  return new DataSource(dataSourceOptions(settings));
}

/** Names of the migrations in this build, and of those that the database has. */
export async function migrationNames(source: DataSource): Promise<{ known: string[]; applied: string[] }> {
  const known = source.migrations.map((migration) => migration.name ?? migration.constructor.name);
  const [found] = await source.query<{ present: boolean }[]>(
    'SELECT to_regclass($1) IS NOT NULL AS present',
    [MIGRATIONS_TABLE],
  );
  if (!found?.present) return { known, applied: [] };
  const rows = await source.query<{ name: string }[]>(`SELECT name FROM ${MIGRATIONS_TABLE} ORDER BY id`);
  return { known, applied: rows.map((row) => row.name) };
}
