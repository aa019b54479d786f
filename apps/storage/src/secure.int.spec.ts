/** The service and the admin step, as processes, with encrypted connections to everything. */
import { type ChildProcess, spawn } from 'node:child_process';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from '@jest/globals';
import { TOPICS } from '@tidewatch/contracts';
import { createMessageLog, messagingOptions } from '@tidewatch/messaging';
import { encodeBlock, partitionOfDevice, ReadingBatchBuilder, seriesKey } from '@tidewatch/readings';
import { parseConfig } from '@tidewatch/service-kit';
import {
  describeWithKafka,
  type SecureKafka,
  type SecurePostgres,
  startSecureKafka,
  startSecurePostgres,
  waitFor,
} from '@tidewatch/testing';
import pg from 'pg';
import { storage } from './config';

/** Compiles what is required on the way, as the build does. */
const RUN = `
  const swc = require('@swc/core');
  require.extensions['.ts'] = (module, file) => module._compile(swc.transformFileSync(file).code, file);
  require(process.argv[1]);`;

type Environment = Record<string, string>;

describeWithKafka('storage behind TLS', () => {
  let postgres: SecurePostgres;
  let kafka: SecureKafka;
  let pool: pg.Pool;
  const children: ChildProcess[] = [];

  beforeAll(async () => {
    [postgres, kafka] = await Promise.all([startSecurePostgres(), startSecureKafka()]);
    pool = new pg.Pool({ connectionString: postgres.url, max: 3 });
    pool.on('error', () => undefined);
  }, 180_000);
  afterEach(() => {
    for (const child of children.splice(0)) child.kill('SIGKILL');
  });
  afterAll(async () => {
    await pool.end();
    await Promise.all([postgres.stop(), kafka.stop()]);
  });

  const ofTables = (): Environment => ({
    ...{ DATABASE_URL: postgres.url, SESSION_KEY: 's'.repeat(32), PORT: '0' },
  });
  const ofKafka = (): Environment => ({
    ...{ ...ofTables(), MESSAGE_LOG: 'kafka', KAFKA_BROKERS: kafka.withPassword },
    ...{ KAFKA_TLS: 'true', KAFKA_TLS_CA_FILE: kafka.certificates.ca },
    KAFKA_SASL_MECHANISM: 'scram-sha-512',
    ...{ KAFKA_SASL_USERNAME: kafka.user.name, KAFKA_SASL_PASSWORD: kafka.user.password },
  });

  function run(file: string, environment: Environment) {
    const child = spawn(process.execPath, ['-e', RUN, path.join(__dirname, file)], {
      cwd: path.resolve(__dirname, '../../..'),
      env: { PATH: process.env['PATH'] ?? '', ...environment },
    });
    children.push(child);
    let said = '';
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => (said += chunk.toString()));
    return {
      child,
      said: () => said,
      ended: new Promise<number | null>((resolve) => child.once('close', resolve)),
    };
  }

  async function send(environment: Environment, device: string): Promise<void> {
    const log = createMessageLog(
      messagingOptions(parseConfig(storage.config, environment), { name: 'test', pool }),
    );
    const builder = new ReadingBatchBuilder();
    builder.append(seriesKey(device, 'flow'), Date.now() * 1_000, 4.5);
    const partition = partitionOfDevice(device, await log.partitionCount(TOPICS.readings));
    await log.append(TOPICS.readings, [{ partition, key: device, value: encodeBlock(builder.view()) }]);
    await log.close();
  }

  // The server takes encrypted connections only: those of the pool, of COPY, of the history (TypeORM), of the log and its LISTEN.
  test.each<[string, () => Environment]>([
    ['tables', ofTables],
    ['Kafka', ofKafka],
  ])(
    'takes a reading from a log of %s to the database',
    async (log, environment) => {
      const admin = run('migrate.ts', environment());
      expect({ code: await admin.ended, said: admin.said() }).toMatchObject({ code: 0 });
      const service = run('main.ts', environment());
      const url = await waitFor('the service', () => /"url":"([^"]+)"/.exec(service.said())?.[1]);
      await waitFor('readiness', async () => (await fetch(`${url}/readyz`)).ok);
      await send(environment(), `secure-${log}`);
      await waitFor('the reading', async () => {
        const { rows } = await pool.query(
          'SELECT value FROM readings JOIN series ON series.id = series_id WHERE device = $1',
          [`secure-${log}`],
        );
        return rows.length === 1;
      });
      service.child.kill('SIGTERM');
      expect(await service.ended).toBe(0);
      for (const secret of [kafka.user.password, new URL(postgres.url).password])
        expect(service.said()).not.toContain(secret);
      // Offsets of one log mean nothing on the other.
      await pool.query('TRUNCATE checkpoints, checkpoint_logs CASCADE');
    },
    120_000,
  );

  test.each<[string, () => Environment, string]>([
    [
      'a wrong password',
      () => ({ ...ofKafka(), KAFKA_SASL_PASSWORD: 'not-the-one' }),
      'check KAFKA_SASL_USERNAME and KAFKA_SASL_PASSWORD',
    ],
    [
      'a wrong authority',
      () => ({ ...ofKafka(), KAFKA_TLS_CA_FILE: kafka.certificates.strangeCa }),
      'check KAFKA_TLS_CA',
    ],
  ])(
    'ends with one line and 1, for its supervisor, with %s',
    async (_, environment, line) => {
      const service = run('main.ts', environment());
      expect(await service.ended).toBe(1);
      const fatal = service
        .said()
        .split('\n')
        .filter((text) => text.includes('"level":"fatal"'));
      expect(fatal).toEqual([expect.stringContaining(line)]);
      expect(service.said()).not.toMatch(/not-the-one|Pa55word/);
    },
    90_000,
  );

  test('stops at once when the file of the password cannot be read', async () => {
    const environment = { ...ofKafka(), KAFKA_SASL_PASSWORD: '', KAFKA_SASL_PASSWORD_FILE: '/no/such/file' };
    const service = run('main.ts', environment);
    expect(await service.ended).toBe(1);
    expect(service.said()).toBe('storage: KAFKA_SASL_PASSWORD_FILE cannot be read: ENOENT\n');
  });
});
