import pg from 'pg';

/** Chunks of this length; a day of readings compresses well and drops at once. */
const CHUNK = "INTERVAL '1 day'";
/** Chunks older than this go to the columnstore; late data still gets in, at a higher price. */
const COLUMNSTORE_AFTER = "INTERVAL '7 days'";
const FEATURE_NOT_SUPPORTED = '0A000';

/**
 * Makes `readings` a hypertable with columnstore compression where the TimescaleDB extension (2.18 or later) is, or can be created.
 * Idempotent; on plain PostgreSQL it does nothing. Returns what it found, in words.
 */
export async function applyTimescale(client: pg.ClientBase): Promise<string> {
  const version = await extensionVersion(client);
  if (version === undefined) return 'plain PostgreSQL: no TimescaleDB extension';
  await client.query(
    `SELECT create_hypertable('readings', by_range('time', ${CHUNK}),
       create_default_indexes => false, migrate_data => true, if_not_exists => true)`,
  );
  const compressed = await applyColumnstore(client);
  return `TimescaleDB ${version}: readings is a hypertable${compressed ? ' with columnstore' : ', without columnstore under this licence'}`;
}

async function extensionVersion(client: pg.ClientBase): Promise<string | undefined> {
  const available = await client.query("SELECT FROM pg_available_extensions WHERE name = 'timescaledb'");
  if (available.rowCount === 0) return undefined;
  const installed = await installedVersion(client);
  if (installed !== undefined) return installed;
  const preloaded = await client.query<{ preloaded: boolean | null }>(
    // Null when we may not see the setting. Creating the extension where it is not preloaded ends the session, so ask first.
    `SELECT setting LIKE '%timescaledb%' AS preloaded FROM pg_settings WHERE name = 'shared_preload_libraries'`,
  );
  if (preloaded.rows[0]?.preloaded !== true) return undefined;
  const permitted = await client.query<{ permitted: boolean }>(
    `SELECT rolsuper OR has_database_privilege(current_database(), 'CREATE') AS permitted FROM pg_roles WHERE rolname = current_user`,
  );
  if (!permitted.rows[0]?.permitted) return undefined;
  try {
    await client.query('CREATE EXTENSION IF NOT EXISTS timescaledb');
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === '42501') return undefined;
    throw error;
  }
  return installedVersion(client);
}

async function installedVersion(client: pg.ClientBase): Promise<string | undefined> {
  const { rows } = await client.query<{ extversion: string }>(
    "SELECT extversion FROM pg_extension WHERE extname = 'timescaledb'",
  );
  return rows[0]?.extversion;
}

/** False where the licence (`timescaledb.license = apache`) has no columnstore. */
async function applyColumnstore(client: pg.ClientBase): Promise<boolean> {
  try {
    const { rows } = await client.query<{ compression_enabled: boolean }>(
      "SELECT compression_enabled FROM timescaledb_information.hypertables WHERE hypertable_name = 'readings' AND hypertable_schema = current_schema()",
    );
    if (rows[0]?.compression_enabled !== true) {
      await client.query(
        `ALTER TABLE readings SET (timescaledb.enable_columnstore,
           timescaledb.segmentby = 'series_id', timescaledb.orderby = 'time DESC')`,
      );
    }
    await client.query(
      `CALL add_columnstore_policy('readings', after => ${COLUMNSTORE_AFTER}, if_not_exists => true)`,
    );
    return true;
  } catch (error) {
    if (error instanceof pg.DatabaseError && error.code === FEATURE_NOT_SUPPORTED) return false;
    throw error;
  }
}
