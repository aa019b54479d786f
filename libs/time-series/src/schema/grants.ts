import type pg from 'pg';

type Privilege = 'SELECT' | 'INSERT' | 'UPDATE' | 'DELETE';
type Privileges = Readonly<Record<string, readonly Privilege[]>>;

const READ: readonly Privilege[] = ['SELECT'];
const READ_WRITE: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE'];
const ALL: readonly Privilege[] = ['SELECT', 'INSERT', 'UPDATE', 'DELETE'];

/** What the embedded log asks of each who appends, reads or shares partitions out. With Kafka these tables stay empty. */
const APPEND: Privileges = { log_partitions: ['SELECT', 'UPDATE'], log_records: ['SELECT', 'INSERT'] };
const CONSUME: Privileges = {
  log_partitions: ['SELECT', 'UPDATE'],
  // Consumers also drop what every consumer has behind it.
  log_records: ['SELECT', 'INSERT', 'DELETE'],
  log_leases: ALL,
  log_members: ALL,
  checkpoints: READ_WRITE,
};
const VERIFY_KEYS: Privileges = { api_keys: READ };

/** Least privilege of each service's role on each table. A role that does not exist is left out. */
export const ROLE_PRIVILEGES: Readonly<Record<string, Privileges>> = {
  tidewatch_ingestion: { ...APPEND, ...VERIFY_KEYS },
  tidewatch_processing: {
    ...CONSUME,
    stream_state: ALL,
    detection_settings: READ,
    partition_settings: ['SELECT', 'INSERT', 'DELETE'],
    watching: READ_WRITE,
  },
  tidewatch_storage: {
    ...CONSUME,
    ...VERIFY_KEYS,
    series: ['SELECT', 'INSERT'],
    readings: ['SELECT', 'INSERT'],
    anomalies: READ_WRITE,
    dead_letters: ['SELECT', 'INSERT'],
    metrics: ALL,
    settings_revision: ['SELECT', 'UPDATE'],
    detection_settings: ['SELECT', 'INSERT', 'DELETE'],
    partition_settings: READ,
    watching: READ,
    schema_migrations: READ,
  },
  tidewatch_dashboard: { log_partitions: READ, log_records: READ, ...VERIFY_KEYS },
  // Dashboards of operators: looks and touches nothing. No keys, no log, no state.
  tidewatch_grafana: {
    series: READ,
    readings: READ,
    anomalies: READ,
    dead_letters: READ,
    metrics: READ,
    checkpoints: READ,
  },
  tidewatch_gateway: { ...APPEND, api_keys: READ_WRITE, sign_in_tokens: ALL },
};

/** Brings the privileges of the roles that exist to exactly this table, in one transaction. Returns their names. */
export async function applyGrants(client: pg.ClientBase): Promise<string[]> {
  const { rows } = await client.query<{ rolname: string }>(
    'SELECT rolname FROM pg_roles WHERE rolname = ANY($1) ORDER BY rolname',
    [Object.keys(ROLE_PRIVILEGES)],
  );
  const roles = rows.map((row) => row.rolname);
  const statements = roles.flatMap((role) => [
    `REVOKE ALL ON ALL TABLES IN SCHEMA public FROM ${role}`,
    `GRANT USAGE ON SCHEMA public TO ${role}`,
    ...Object.entries(ROLE_PRIVILEGES[role] ?? {}).map(
      ([table, privileges]) => `GRANT ${privileges.join(', ')} ON ${table} TO ${role}`,
    ),
  ]);
  if (statements.length > 0) await client.query(`BEGIN; ${statements.join('; ')}; COMMIT`);
  return roles;
}
