import {
  TIMESCALE_URL,
  type TestDatabase,
  createEmptyDatabase,
  createEmptyTimescaleDatabase,
  createTestDatabase,
  createTimescaleDatabase,
} from './test-database';

/** The kinds of database that Tidewatch runs on. */
export interface DatabaseKind {
  readonly timescale: boolean;
  /** A fresh migrated database. */
  create(): Promise<TestDatabase>;
  /** A fresh database without any table. */
  createEmpty(): Promise<TestDatabase>;
}

const PLAIN: DatabaseKind = {
  timescale: false,
  create: createTestDatabase,
  createEmpty: createEmptyDatabase,
};
const TIMESCALE: DatabaseKind = {
  timescale: true,
  create: createTimescaleDatabase,
  createEmpty: createEmptyTimescaleDatabase,
};

interface JestGlobals {
  readonly describe: { (name: string, body: () => void): void; readonly skip: JestGlobals['describe'] };
}

/** `describe` twice: on plain PostgreSQL, and on TimescaleDB where TIMESCALE_URL is set; elsewhere that one is skipped and says why. */
export function describeEachDatabase(name: string, body: (kind: DatabaseKind) => void): void {
  // Through the global: `@jest/globals` throws when it is loaded outside a test, and tools load this library as well.
  const { describe } = globalThis as unknown as JestGlobals;
  describe(`${name} on PostgreSQL`, () => body(PLAIN));
  const title = `${name} on TimescaleDB`;
  if (process.env[TIMESCALE_URL] !== undefined) describe(title, () => body(TIMESCALE));
  else {
    process.stderr.write(`skipped: ${title}: TIMESCALE_URL is not set\n`);
    describe.skip(title, () => body(TIMESCALE));
  }
}
