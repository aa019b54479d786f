import { type TestDatabase, testPassword } from './test-database';

/** URL of the database for the role of a service, which may do no more than the list of privileges says. */
export async function leastPrivileged(database: TestDatabase, role: string): Promise<string> {
  const { migrate } = await import('@tidewatch/time-series');
  await migrate(database.url);
  const url = new URL(database.url);
  url.username = role;
  url.password = testPassword();
  return url.href;
}
