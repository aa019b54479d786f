/** Three sizes of test: unit (no I/O), int (a real PostgreSQL or Kafka), e2e (the running platform); e2e-alone are those of the last that measure how long something takes. */
const base = {
  rootDir: '.',
  testEnvironment: 'node',
  transform: { '^.+\\.tsx?$': '@swc/jest' },
  modulePathIgnorePatterns: ['<rootDir>/dist/', '<rootDir>/.nx/'],
};
const int = '\\.int\\.spec\\.ts$';
const e2e = '/apps/[^/]+-e2e/';
const alone = '\\.alone\\.spec\\.ts$';

export default {
  testTimeout: 60_000,
  projects: [
    {
      ...base,
      displayName: 'unit',
      testMatch: ['**/*.spec.ts'],
      testPathIgnorePatterns: [int, e2e, '/node_modules/'],
    },
    {
      ...base,
      displayName: 'int',
      testRegex: [int],
      testPathIgnorePatterns: [e2e, '/node_modules/'],
      globalSetup: '<rootDir>/libs/testing/src/jest/global-setup.ts',
      globalTeardown: '<rootDir>/libs/testing/src/jest/global-teardown.ts',
    },
    {
      ...base,
      displayName: 'e2e',
      testMatch: ['**/apps/*-e2e/**/*.spec.ts'],
      testPathIgnorePatterns: [alone, '/node_modules/'],
    },
    { ...base, displayName: 'e2e-alone', testMatch: ['**/apps/*-e2e/**/*.alone.spec.ts'] },
  ],
};
