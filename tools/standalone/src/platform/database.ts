import { startPostgres, PostgresStartError, type PostgresServer } from '@tidewatch/testing';
import pg from 'pg';
import type { Secrets } from '../data/secrets';
import { StartError } from '../errors';
import { SERVICES, type ServiceName } from './service-plans';

const DATABASE = 'tidewatch';
type Role = 'owner' | ServiceName;
const ROLES: readonly Role[] = ['owner', ...SERVICES];
const roleName = (role: Role) => `tidewatch_${role}`;

/**
 * Sized for a machine that also runs everything else. Durability is never traded for speed. Without `wal_compression`: pages of state hardly become smaller,
 * and to compress each that is written whole takes several times what all else of a checkpoint of processing takes.
 */
const SETTINGS = {
  shared_buffers: '256MB',
  max_wal_size: '2GB',
  checkpoint_timeout: '15min',
  max_connections: 150,
  jit: 'off',
};

export interface Database {
  readonly server: PostgresServer;
  url(role: Role): string;
}

/**
 * Starts PostgreSQL and makes the roles: `tidewatch_owner` owns the tables, each service logs in as itself with the rights
 * that the migration grants. Throws `StartError`.
 */
export async function startDatabase(
  options: { dataDir: string; port?: number; onProgress: (line: string) => void },
  secrets: Secrets,
): Promise<Database> {
  let server: PostgresServer;
  try {
    server = await startPostgres({ ...options, database: DATABASE, settings: SETTINGS });
  } catch (error) {
    throw error instanceof PostgresStartError ? startError(error, options.dataDir) : error;
  }
  try {
    await makeRoles(server.url, secrets);
  } catch (error) {
    await server.stop();
    throw error;
  }
  return {
    server,
    url: (role) =>
      `postgres://${roleName(role)}:${secrets.get(`database-${role}`)}@127.0.0.1:${server.port}/${DATABASE}`,
  };
}

/** PostgreSQL and initdb say what is wrong in several lines. */
export function startError(cause: PostgresStartError, dataDir: string): StartError {
  const line = /No space left on device/.test(cause.message)
    ? `The disk is full: PostgreSQL has no room in ${dataDir}.`
    : cause.message.replace(/\s*\n\s*/g, ' | ');
  return new StartError(line, { cause });
}

async function makeRoles(superuserUrl: string, secrets: Secrets): Promise<void> {
  const client = new pg.Client({ connectionString: superuserUrl });
  await client.connect();
  try {
    for (const role of ROLES) {
      const name = roleName(role);
      const found = await client.query('SELECT FROM pg_roles WHERE rolname = $1', [name]);
      const verb = found.rowCount === 0 ? 'CREATE' : 'ALTER';
      const password = pg.escapeLiteral(secrets.get(`database-${role}`));
      await client.query(`${verb} ROLE ${name} LOGIN PASSWORD ${password}`);
    }
    await client.query(`ALTER DATABASE ${DATABASE} OWNER TO ${roleName('owner')}`);
  } finally {
    await client.end();
  }
}
