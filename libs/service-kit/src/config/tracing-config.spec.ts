import { describe, expect, test } from '@jest/globals';
import { z } from 'zod';
import { commonConfig } from './common-config';
import { ConfigError, parseConfig } from './parse-config';
import { tracingSettings } from './tracing-config';

const base = { DATABASE_URL: 'postgres://localhost/x', SESSION_KEY: 'k'.repeat(32) };
const settingsOf = (environment: Record<string, string>) =>
  tracingSettings('storage', parseConfig(z.object(commonConfig), { ...base, ...environment }));

function problemsOf(environment: Record<string, string>): readonly string[] {
  try {
    settingsOf(environment);
  } catch (error) {
    if (error instanceof ConfigError) return error.problems;
    throw error;
  }
  return [];
}

const ENDPOINT = { OTEL_EXPORTER_OTLP_ENDPOINT: 'http://collector:4318' };

describe('tracing', () => {
  test.each<Record<string, string>>([
    {},
    { OTEL_SERVICE_NAME: 'x', OTEL_TRACES_SAMPLER: 'always_on' },
    { ...ENDPOINT, OTEL_SDK_DISABLED: 'true' },
    { OTEL_EXPORTER_OTLP_ENDPOINT: '' },
  ])('is off with %j', (environment) => {
    expect(settingsOf(environment)).toBeUndefined();
  });

  test('needs an endpoint and nothing else', () => {
    expect(settingsOf(ENDPOINT)).toEqual({
      serviceName: 'tidewatch-storage',
      url: 'http://collector:4318/v1/traces',
      headers: {},
      sampler: 'parentbased_traceidratio',
      ratio: 0.01,
    });
  });

  test('takes what OpenTelemetry names', () => {
    expect(
      settingsOf({
        OTEL_EXPORTER_OTLP_ENDPOINT: 'https://collector.example/otlp/',
        OTEL_EXPORTER_OTLP_HEADERS: 'Authorization=Basic%20YTpi==, x-tenant = plant%2C1,',
        OTEL_TRACES_SAMPLER: 'traceidratio',
        OTEL_TRACES_SAMPLER_ARG: '0.25',
        OTEL_SERVICE_NAME: 'plant-7',
      }),
    ).toEqual({
      serviceName: 'plant-7',
      url: 'https://collector.example/otlp/v1/traces',
      headers: { authorization: 'Basic YTpi==', 'x-tenant': 'plant,1' },
      sampler: 'traceidratio',
      ratio: 0.25,
    });
  });

  const LIST =
    'OTEL_EXPORTER_OTLP_HEADERS must be a list of name=value with commas between, special characters of values as %XX';
  const PLAIN =
    'OTEL_EXPORTER_OTLP_ENDPOINT must not hold a user, a password or a query: secrets belong into OTEL_EXPORTER_OTLP_HEADERS';
  test.each<[string, string, unknown]>([
    [
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'collector:4318',
      'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL of http or https',
    ],
    [
      'OTEL_EXPORTER_OTLP_ENDPOINT',
      'grpc://collector',
      'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL of http or https',
    ],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'nonsense', 'OTEL_EXPORTER_OTLP_ENDPOINT must be a URL of http or https'],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://user:hidden@collector', PLAIN],
    ['OTEL_EXPORTER_OTLP_ENDPOINT', 'http://collector?key=hidden', PLAIN],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'hidden', LIST],
    ['OTEL_EXPORTER_OTLP_HEADERS', '=hidden', LIST],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a b=hidden', LIST],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=%zzhidden', LIST],
    ['OTEL_EXPORTER_OTLP_HEADERS', 'a=hidden%0d%0ab: c', LIST],
    [
      'OTEL_TRACES_SAMPLER',
      'jaeger_remote',
      expect.stringMatching(/^OTEL_TRACES_SAMPLER .*parentbased_traceidratio/),
    ],
    ['OTEL_TRACES_SAMPLER_ARG', '1.5', expect.stringMatching(/^OTEL_TRACES_SAMPLER_ARG .*1/)],
    ['OTEL_TRACES_SAMPLER_ARG', '-0.1', expect.stringMatching(/^OTEL_TRACES_SAMPLER_ARG .*0/)],
    ['OTEL_TRACES_SAMPLER_ARG', 'half', expect.stringMatching(/^OTEL_TRACES_SAMPLER_ARG .*number/)],
    ['OTEL_SDK_DISABLED', 'yes', 'OTEL_SDK_DISABLED must be true or false'],
    ['OTEL_EXPORTER_OTLP_HEADERS_FILE', '/no/file', 'OTEL_EXPORTER_OTLP_HEADERS_FILE cannot be read: ENOENT'],
  ])('%s=%s is refused', (name, value, problem) => {
    const problems = problemsOf({ ...(name.includes('ENDPOINT') ? {} : ENDPOINT), [name]: value });
    expect(problems).toEqual([problem]);
    expect(problems.join()).not.toContain('hidden');
  });
});
