import { randomBytes } from 'node:crypto';
import type { TestDatabase } from './test-database';

/** URL of the database for the role of a service, which may do no more than the list of privileges says. */
export async function leastPrivileged(database: TestDatabase, role: string): Promise<string> {
  const { migrate } = await import('@tidewatch/time-series');
  const password = randomBytes(12).toString('hex');
  await database.pool.query(
    `DO $$ BEGIN CREATE ROLE ${role}; EXCEPTION WHEN duplicate_object THEN NULL; END $$`,
  );
  await database.pool.query(`ALTER ROLE ${role} LOGIN PASSWORD '${password}'`);
  await migrate(database.url);
  const url = new URL(database.url);
  url.username = role;
  url.password = password;
  return url.href;
}
