export { type DatabaseKind, describeEachDatabase } from './each-database';
export { PostgresStartError, type PostgresStartFault } from './errors';
export { leastPrivileged } from './least-privileged';
export { type PostgresOptions, type PostgresServer, startPostgres } from './server';
export { type TestDatabase, createEmptyDatabase, createTestDatabase } from './test-database';
export { type SecurePostgres, startSecurePostgres } from './secure-server';
