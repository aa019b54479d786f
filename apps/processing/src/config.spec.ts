import { expect, test } from '@jest/globals';
import { parseConfig } from '@tidewatch/service-kit';
import { DEFAULT_STREAM_SETTINGS } from '@tidewatch/stream-processing';
import { processing } from './config';

const required = { DATABASE_URL: 'postgres://localhost/x', SESSION_KEY: 'k'.repeat(32) };

test('the defaults are those of the library, and do not contradict each other', () => {
  expect(parseConfig(processing.config, required)).toMatchObject({
    ALLOWED_LATENESS_MS: DEFAULT_STREAM_SETTINGS.latenessMs,
    MAX_RECENT_TIMES_PER_PARTITION: DEFAULT_STREAM_SETTINGS.maxTimes,
    PORT: 8082,
  });
});

test('an eviction that is shorter than what may still come is refused at start', () => {
  const settings = { ALLOWED_LATENESS_MS: '0', IDLE_TIMEOUT_MS: '1000', MAX_CLOCK_AHEAD_MS: '0' };
  parseConfig(processing.config, { ...required, ...settings, SERIES_EVICTION_MS: '61001' });
  expect(() =>
    parseConfig(processing.config, { ...required, ...settings, SERIES_EVICTION_MS: '61000' }),
  ).toThrow(/^SERIES_EVICTION_MS must be longer than ALLOWED_LATENESS_MS/);
});
