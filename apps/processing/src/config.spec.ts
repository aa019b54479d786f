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

test('a longest time between checkpoints that is shorter than the least one is refused at start', () => {
  const parsed = (most: string) =>
    parseConfig(processing.config, {
      ...required,
      ...{ CHECKPOINT_INTERVAL_MS: '9000', CHECKPOINT_MAX_INTERVAL_MS: most },
    });
  expect(parsed('9000')).toMatchObject({ CHECKPOINT_MAX_INTERVAL_MS: 9000, CHECKPOINT_SHARE: 0.05 });
  expect(() => parsed('8999')).toThrow(/^CHECKPOINT_MAX_INTERVAL_MS must not be shorter than/);
});

test('windows that slide are a list of sizes and steps', () => {
  const parsed = (SLIDING_WINDOWS: string) =>
    parseConfig(processing.config, { ...required, SLIDING_WINDOWS }).SLIDING_WINDOWS;
  expect(parsed('')).toEqual([]);
  expect(parsed(' 5m/1m, 90s/10s,1h/5m')).toEqual([
    { sizeMs: 300_000, stepMs: 60_000 },
    { sizeMs: 90_000, stepMs: 10_000 },
    { sizeMs: 3_600_000, stepMs: 300_000 },
  ]);
});

test.each([
  ['5m', /^SLIDING_WINDOWS must be a list of size\/step such as 5m\/1m, not "5m"/],
  ['5m/1d', /not "5m\/1d"/],
  ['5m/15s', /^SLIDING_WINDOWS must be possible windows: 300s\/15s: size and step must be multiples of 10 s/],
  ['0s/0s', /multiples of 10 s/],
  ['1m/1m', /60s\/60s: the step must be shorter than the window/],
  ['1h/10s', /3600s\/10s: a window of 360 panes; at most 60 are possible/],
  ['5m/1m,300s/60s', /300s\/60s twice/],
  ['2m/1m,3m/1m,4m/1m,5m/1m,6m/1m', /more than 4 kinds of windows/],
  ['168h/24h', /^SERIES_EVICTION_MS must be longer than .* the longest window/],
])('windows that can not be are refused at start: %s', (SLIDING_WINDOWS, message) => {
  expect(() => parseConfig(processing.config, { ...required, SLIDING_WINDOWS })).toThrow(message);
});

test('groups are a list of tags', () => {
  const parsed = (GROUP_TAGS: string) =>
    parseConfig(processing.config, { ...required, GROUP_TAGS }).GROUP_TAGS;
  expect(parsed('')).toEqual([]);
  expect(parsed('site, line')).toEqual(['site', 'line']);
  for (const wrong of ['site,site', 'site,', 'a,b,c,d,e', 'x'.repeat(129)]) {
    expect(() => parsed(wrong)).toThrow(/^GROUP_TAGS must be at most 4 different tags of at most 128 bytes/);
  }
});
