import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { type PlanInput, planServices, publicAddress } from './service-plans';

const input: PlanInput = {
  dist: '/dist',
  port: 9000,
  gatewayHost: '127.0.0.1',
  replicas: { processing: 2, storage: 2 },
  databaseUrl: (service) => `postgres://${service}`,
  sessionKey: 'k'.repeat(43),
  log: 'postgres',
  kafkaBrokers: '',
  environment: {
    PATH: '/bin',
    SECRET: 'x',
    DATABASE_URL: 'no',
    LOG_LEVEL: 'debug',
    OTEL_SDK_DISABLED: 'true',
  },
};
const plansById = (given: Partial<PlanInput> = {}) =>
  new Map(planServices({ ...input, ...given }).map((plan) => [plan.id, plan]));

describe('planServices', () => {
  test('the order of stopping, and a port for each', () => {
    expect(planServices(input).map(({ id, port, opsPort }) => [id, port, opsPort])).toEqual([
      ['gateway', 9000, 9005],
      ['ingestion', 9001, 9001],
      ['processing', 9002, 9002],
      ['processing-2', 9006, 9006],
      ['storage', 9003, 9003],
      ['storage-2', 9007, 9007],
      ['dashboard', 9004, 9004],
    ]);
  });

  test('a service is given what it needs and nothing else', () => {
    expect(plansById().get('storage-2')?.env).toEqual({
      NODE_ENV: 'production',
      PATH: '/bin',
      LOG_LEVEL: 'debug',
      OTEL_SDK_DISABLED: 'true',
      HOST: '127.0.0.1',
      PORT: '9007',
      DATABASE_URL: 'postgres://storage',
      SESSION_KEY: input.sessionKey,
      MESSAGE_LOG: 'postgres',
    });
    expect(plansById().get('storage')?.args).toEqual([
      '--max-semi-space-size=32',
      '--max-inlined-bytecode-size-cumulative=3000',
      '/dist/apps/storage/src/main.js',
    ]);
  });

  test('images run services with the same flags of Node.js, and the benchmark the detector', () => {
    const root = path.resolve(__dirname, '../../../..');
    const flags = plansById()
      .get('storage')!
      .args.filter((arg) => arg.startsWith('--'));
    const dockerfile = readFileSync(path.join(root, 'deploy/docker/Dockerfile'), 'utf8');
    const [, entrypoint] = /^ENTRYPOINT (\[.*\])$/m.exec(dockerfile)!;
    expect(JSON.parse(entrypoint!)).toEqual(['/nodejs/bin/node', ...flags]);
    const { scripts } = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8')) as {
      scripts: Record<string, string>;
    };
    expect(scripts['benchmark']).toContain(flags.find((flag) => flag.includes('inlined'))!);
    const pages = plansById().get('processing')!.env['GLIBC_TUNABLES'];
    expect(dockerfile).toMatch(new RegExp(`^ENV .* GLIBC_TUNABLES=${pages}$`, 'm'));
    expect(scripts['benchmark']).toContain(`GLIBC_TUNABLES=${pages} exec node`);
  });

  test('the gateway alone listens elsewhere and knows the others', () => {
    const plans = plansById({ gatewayHost: '0.0.0.0' });
    expect(plans.get('gateway')).toMatchObject({
      host: '0.0.0.0',
      env: {
        HOST: '0.0.0.0',
        INGESTION_URL: 'http://127.0.0.1:9001',
        DASHBOARD_URL: 'http://127.0.0.1:9004',
      },
    });
    for (const [id, { host }] of plans) if (id !== 'gateway') expect(host).toBe('127.0.0.1');
    expect(plans.get('dashboard')?.env['PUBLIC_ORIGINS']).toBe('http://localhost:9000,http://127.0.0.1:9000');
  });

  test('Kafka', () => {
    const env = plansById({ log: 'kafka', kafkaBrokers: 'a:1,b:2' }).get('ingestion')?.env;
    expect(env).toMatchObject({ MESSAGE_LOG: 'kafka', KAFKA_BROKERS: 'a:1,b:2' });
  });

  test('settings of one service; a fail point is for its first instance', () => {
    const environment = { TIDEWATCH_STORAGE_X: '1', TIDEWATCH_PROCESSING_FAIL_POINT: 'processing.in-batch' };
    const plans = plansById({ environment });
    expect(plans.get('storage')?.env['X']).toBe('1');
    expect(plans.get('storage-2')?.env['X']).toBe('1');
    expect(plans.get('gateway')?.env).not.toHaveProperty('X');
    expect(plans.get('processing')?.env['FAIL_POINT']).toBe('processing.in-batch');
    expect(plans.get('processing-2')?.env).not.toHaveProperty('FAIL_POINT');
  });
});

test.each([
  ['127.0.0.1', 'http://localhost:9000'],
  ['0.0.0.0', 'http://localhost:9000'],
  ['192.168.1.5', 'http://192.168.1.5:9000'],
  ['fd00::5', 'http://[fd00::5]:9000'],
])('where the gateway listens on %s, a person goes to %s', (host, address) => {
  expect(publicAddress(host, 9000)).toBe(address);
});
