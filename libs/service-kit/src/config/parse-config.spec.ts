import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { defineService } from '../service-definition';
import { commonConfig } from './common-config';
import { describeConfig } from './describe-config';
import { ConfigError, parseConfig } from './parse-config';

const { config } = defineService({
  name: 'test',
  description: 'For tests.',
  port: 8099,
  config: z.object({
    ...commonConfig,
    LIMIT: z.coerce.number().int().min(1).default(5).describe('A limit.'),
  }),
});
const valid = { DATABASE_URL: 'postgres://localhost/x', SESSION_KEY: 'k'.repeat(32) };

const problemsOf = (environment: Record<string, string | undefined>): readonly string[] => {
  try {
    parseConfig(config, environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
};

describe('an environment', () => {
  let folder: string;
  const file = (content: string): string => {
    const path = join(folder, 'value');
    writeFileSync(path, content);
    return path;
  };
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'tidewatch-config-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('becomes one typed object with the defaults filled in', () => {
    expect(parseConfig(config, { ...valid, KAFKA_BROKERS: 'a:1, b:2,', LIMIT: '7', UNKNOWN: 'x' })).toEqual({
      ...valid,
      HOST: '127.0.0.1',
      PORT: 8099,
      LOG_LEVEL: 'info',
      DATABASE_POOL_SIZE: 6,
      MESSAGE_LOG: 'postgres',
      KAFKA_BROKERS: ['a:1', 'b:2'],
      KAFKA_TLS: false,
      OTEL_TRACES_SAMPLER: 'parentbased_traceidratio',
      OTEL_TRACES_SAMPLER_ARG: 0.01,
      OTEL_SDK_DISABLED: false,
      SHUTDOWN_DELAY_MS: 0,
      LIMIT: 7,
    });
  });

  test('the password of the database may come alone, whatever is in it', () => {
    const DATABASE_URL = 'postgres://tidewatch_storage@db:5432/tidewatch?sslmode=require';
    const DATABASE_PASSWORD = 'p@ss:w/rd $&%';
    const parsed = parseConfig(config, { ...valid, DATABASE_URL, DATABASE_PASSWORD });
    const url = new URL(parsed.DATABASE_URL);
    expect(decodeURIComponent(url.password)).toBe(DATABASE_PASSWORD);
    expect(url.username).toBe('tidewatch_storage');
    expect(url.search).toBe('?sslmode=require');
    for (const other of ['postgres://db/tidewatch', 'postgres://user:given@db/tidewatch'])
      expect(problemsOf({ ...valid, DATABASE_URL: other, DATABASE_PASSWORD })).toEqual([
        'DATABASE_PASSWORD is set, so DATABASE_URL must have a user and no password',
      ]);
  });

  test('a default that contradicts another setting is told in its own words', () => {
    const related = config.refine(({ LIMIT, PORT }) => LIMIT < PORT, {
      path: ['LIMIT'],
      error: 'Must be below PORT.',
    });
    expect(() => parseConfig(related, { ...valid, PORT: '3' })).toThrow('LIMIT must be below PORT.');
  });

  test('an empty variable is an absent one', () => {
    expect(parseConfig(config, { ...valid, PORT: '', LIMIT: '' })).toMatchObject({ PORT: 8099, LIMIT: 5 });
    expect(problemsOf({ ...valid, SESSION_KEY: '' })).toEqual(['SESSION_KEY is required']);
  });

  test('a file gives the value without its last line break', () => {
    const SESSION_KEY_FILE = file(`${'f'.repeat(31)} \n`);
    const parsed = parseConfig(config, { DATABASE_URL: valid.DATABASE_URL, SESSION_KEY_FILE });
    expect(parsed.SESSION_KEY).toBe(`${'f'.repeat(31)} `);
  });

  test.each([
    [{}, ['DATABASE_URL is required', 'SESSION_KEY is required']],
    [
      { ...valid, SESSION_KEY_FILE: '/x' },
      ['SESSION_KEY_FILE is set although SESSION_KEY is: set one of them'],
    ],
    [
      { DATABASE_URL: valid.DATABASE_URL, SESSION_KEY_FILE: '/does/not/exist' },
      ['SESSION_KEY_FILE cannot be read: ENOENT'],
    ],
    [{ ...valid, MESSAGE_LOG: 'kafka' }, ['KAFKA_BROKERS is required when MESSAGE_LOG is kafka']],
    [
      { ...valid, DATABASE_URL: 'mysql://u:pass@h' },
      ['DATABASE_URL must begin with postgres:// or postgresql://'],
    ],
    [
      { ...valid, MESSAGE_LOG: 'kafka', KAFKA_BROKERS: ' ,' },
      ['KAFKA_BROKERS is required when MESSAGE_LOG is kafka'],
    ],
    [
      { ...valid, DATABASE_URL: 'postgres://user:hid/den@host/name' },
      ['DATABASE_URL is not a URL: write special characters of a password as %XX'],
    ],
    [{ ...valid, DATABASE_URL: 'postgres://user:p%2Fw@/name?host=/run/postgresql' }, []],
    [{ ...valid, PORT: '70000' }, [expect.stringMatching(/^PORT too big: .*65535/)]],
    [{ ...valid, PORT: 'http' }, [expect.stringMatching(/^PORT invalid input: expected number/)]],
    [{ ...valid, LOG_LEVEL: 'loud' }, [expect.stringMatching(/^LOG_LEVEL invalid option: expected one of/)]],
  ])('%j has the right faults', (environment, problems) => {
    expect(problemsOf(environment)).toEqual(problems);
  });
});

test('the table of settings says what is required, what is secret and what the default is', () => {
  const rows = Object.fromEntries(describeConfig(config).map(({ name, ...row }) => [name, row]));
  expect(rows['PORT']).toEqual({ defaultValue: '8099', description: 'Port to listen on.', secret: false });
  expect(rows['SESSION_KEY']).toMatchObject({ defaultValue: null, secret: true });
  expect(rows['FAIL_POINT']).toMatchObject({ defaultValue: '' });
  expect(rows['KAFKA_BROKERS']).toMatchObject({ defaultValue: '' });
  expect(rows['LIMIT']).toEqual({ defaultValue: '5', description: 'A limit.', secret: false });
  expect(Object.values(rows).every(({ description }) => description !== '')).toBe(true);
});
