/** Settings of connections with files behind them: made with `openssl`, so this is no unit test. */
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { type Certificates, makeCertificates } from '@tidewatch/testing';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { commonConfig } from './common-config';
import { ConfigError, parseConfig } from './parse-config';

const schema = z.object(commonConfig);
let folder: string;
let certificates: Certificates;
let noPem: string;

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tidewatch-config-'));
  certificates = makeCertificates(folder);
  noPem = join(folder, 'no-pem');
  writeFileSync(noPem, 'nothing of the kind\n');
});
afterAll(() => rmSync(folder, { recursive: true }));

type Environment = Record<string, string>;
const base = { DATABASE_URL: 'postgres://u@db/x', SESSION_KEY: 'k'.repeat(32) };

function problemsOf(environment: Environment): readonly string[] {
  try {
    parseConfig(schema, { ...base, ...environment });
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

describe('Kafka', () => {
  const kafka = { MESSAGE_LOG: 'kafka', KAFKA_BROKERS: 'a:1' };
  const login = { KAFKA_SASL_MECHANISM: 'plain', KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' };

  test('is reached with what the files hold', () => {
    const { ca, client } = certificates;
    const files = { KAFKA_TLS_CA_FILE: ca, KAFKA_TLS_CERT_FILE: client.cert, KAFKA_TLS_KEY_FILE: client.key };
    const parsed = parseConfig(schema, { ...base, ...kafka, ...login, ...files, KAFKA_TLS: 'true' });
    const text = (file: string): string => readFileSync(file, 'utf8').trimEnd();
    expect(parsed).toMatchObject({
      ...login,
      KAFKA_TLS: true,
      KAFKA_TLS_CA: text(ca),
      KAFKA_TLS_CERT: text(client.cert),
      KAFKA_TLS_KEY: text(client.key),
    });
  });

  test.each<[string, () => Environment, unknown[]]>([
    [
      'an authority without TLS',
      () => ({ KAFKA_TLS_CA_FILE: certificates.ca }),
      ['KAFKA_TLS must be true when KAFKA_TLS_CA is set'],
    ],
    [
      'a certificate without its key',
      () => ({ KAFKA_TLS: 'true', KAFKA_TLS_CERT_FILE: certificates.client.cert }),
      ['KAFKA_TLS_KEY is required with KAFKA_TLS_CERT'],
    ],
    [
      'a key without its certificate',
      () => ({ KAFKA_TLS: 'true', KAFKA_TLS_KEY_FILE: certificates.client.key }),
      ['KAFKA_TLS_CERT is required with KAFKA_TLS_KEY'],
    ],
    [
      'the key of another certificate',
      () => ({
        KAFKA_TLS: 'true',
        KAFKA_TLS_CERT_FILE: certificates.client.cert,
        KAFKA_TLS_KEY_FILE: certificates.server.key,
      }),
      ['KAFKA_TLS_KEY is not the key of KAFKA_TLS_CERT'],
    ],
    [
      'files that hold something else',
      () => ({
        KAFKA_TLS: 'true',
        KAFKA_TLS_CA_FILE: noPem,
        KAFKA_TLS_CERT_FILE: noPem,
        KAFKA_TLS_KEY_FILE: noPem,
      }),
      [
        'KAFKA_TLS_CA is not a certificate in PEM form',
        'KAFKA_TLS_CERT is not a certificate in PEM form',
        'KAFKA_TLS_KEY is not a private key in PEM form, without a passphrase',
      ],
    ],
    [
      'files that are not there',
      () => ({ KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: '/no/ca', KAFKA_TLS_KEY_FILE: '/no/key' }),
      ['KAFKA_TLS_CA_FILE cannot be read: ENOENT', 'KAFKA_TLS_KEY_FILE cannot be read: ENOENT'],
    ],
    [
      'a way to log in without a user',
      () => ({ KAFKA_SASL_MECHANISM: 'scram-sha-256' }),
      [
        'KAFKA_SASL_USERNAME is required with KAFKA_SASL_MECHANISM',
        'KAFKA_SASL_PASSWORD is required with KAFKA_SASL_MECHANISM',
      ],
    ],
    [
      'a password whose file is not there, named once',
      () => ({
        KAFKA_SASL_MECHANISM: 'plain',
        KAFKA_SASL_USERNAME: 'u',
        KAFKA_SASL_PASSWORD_FILE: '/no/password',
      }),
      ['KAFKA_SASL_PASSWORD_FILE cannot be read: ENOENT'],
    ],
    [
      'a user without a way to log in',
      () => ({ KAFKA_SASL_USERNAME: 'u', KAFKA_SASL_PASSWORD: 'p' }),
      [
        'KAFKA_SASL_MECHANISM is required with KAFKA_SASL_USERNAME',
        'KAFKA_SASL_MECHANISM is required with KAFKA_SASL_PASSWORD',
      ],
    ],
    [
      'words that are not known',
      () => ({ ...login, KAFKA_TLS: 'yes', KAFKA_SASL_MECHANISM: 'kerberos' }),
      ['KAFKA_TLS must be true or false', expect.stringMatching(/^KAFKA_SASL_MECHANISM .*scram-sha-512/)],
    ],
  ])('%s is refused', (_, environment, problems) => {
    expect(problemsOf({ ...kafka, ...environment() })).toEqual(problems);
  });
});

describe('the database', () => {
  const url = (parameters: string): Environment => ({
    DATABASE_URL: `postgres://u:secret@db/x?${parameters}`,
  });

  test('may be reached with TLS', () => {
    const { ca, client } = certificates;
    const files = `sslrootcert=${ca}&sslcert=${client.cert}&sslkey=${client.key}`;
    expect(problemsOf(url(`sslmode=verify-full&${files}`))).toEqual([]);
    const alone = { DATABASE_URL: `postgres://u@db/x?sslrootcert=${ca}`, DATABASE_PASSWORD: 'p' };
    expect(problemsOf(alone)).toEqual([]);
  });

  test.each<[string, () => string, string]>([
    ['an unknown mode', () => 'sslmode=full', 'has an unknown sslmode: it may be disable, prefer,'],
    [
      'a file that is not there',
      () => 'sslrootcert=/no/ca',
      'names an sslrootcert that cannot be read: ENOENT',
    ],
    [
      'a file that holds something else',
      () => `sslrootcert=${noPem}`,
      'names an sslrootcert that is no certificate in PEM form',
    ],
    [
      'a certificate without its key',
      () => `sslcert=${certificates.client.cert}`,
      'needs both or neither of sslcert and sslkey',
    ],
  ])('%s is refused', (_, parameters, problem) => {
    const problems = problemsOf(url(parameters()));
    expect(problems).toEqual([expect.stringContaining(`DATABASE_URL ${problem}`)]);
    expect(problems.join()).not.toContain('secret');
  });
});
