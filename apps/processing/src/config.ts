import { DETECTORS } from '@tidewatch/anomaly-detection';
import { commonConfig, type ConfigOf, defineService } from '@tidewatch/service-kit';
import { DEFAULT_STREAM_SETTINGS as DEFAULTS, shortestEvictionMs } from '@tidewatch/stream-processing';
import { z } from 'zod';
import { groupTags, slidingWindows } from './window-settings';

const HOUR_MS = 3_600_000;
const MIB = 1024 * 1024;
const whole = (min: number, max: number) => z.coerce.number().int().min(min).max(max);

const service = defineService({
  name: 'processing',
  description: 'Deduplicates readings in event time, closes windows and looks for anomalies.',
  port: 8082,
  // Of the write path: the state of many series takes its time on a slow disk, and would take it again after a fault.
  statementTimeoutMs: 60_000,
  requestContext: false,
  config: z.object({
    ...commonConfig,
    ALLOWED_LATENESS_MS: whole(0, HOUR_MS)
      .default(DEFAULTS.latenessMs)
      .describe(
        'How far behind the newest reading of its series a reading may be and still count in windows.',
      ),
    IDLE_TIMEOUT_MS: whole(1_000, 24 * HOUR_MS)
      .default(DEFAULTS.idleTimeoutMs)
      .describe(
        'Silence, beside the lateness and by the time of the log, after which windows and anomalies of a series close.',
      ),
    DETECTOR: z
      .enum(DETECTORS.map(({ name }) => name) as [string, ...string[]])
      .default(DETECTORS[0]!.name)
      .describe('Which detector looks for anomalies.'),
    EPISODE_CALM_MS: whole(0, 24 * HOUR_MS)
      .default(DEFAULTS.episodeCalmMs)
      .describe(
        'Event time in which no reading reaches three quarters of its limit, and two readings, after which an anomaly ends.',
      ),
    REORDER_DELAY_MS: whole(0, 60_000)
      .default(DEFAULTS.reorderMs)
      .describe(
        'How long readings out of order are waited for: by a window at its end, and by the detector of a series that had some in the last hour.',
      ),
    SERIES_EVICTION_MS: whole(60_000, 366 * 24 * HOUR_MS)
      .default(DEFAULTS.evictAfterMs)
      .describe('Silence, by the time of the log, after which a series is forgotten.'),
    MAX_CLOCK_AHEAD_MS: whole(0, 366 * 24 * HOUR_MS)
      .default(DEFAULTS.maxAheadMs)
      .describe('A reading further ahead of the time of the log than this is stored, but in no window.'),
    MAX_SERIES_PER_PARTITION: whole(1, 1_000_000)
      .default(DEFAULTS.maxSeries)
      .describe('Readings of further series are stored, but not processed.'),
    MAX_RECENT_TIMES_PER_SERIES: whole(64, 1_000_000)
      .default(DEFAULTS.maxRecentTimes)
      .describe('Readings of one series within the lateness; above it the lateness of that series shrinks.'),
    MAX_RECENT_TIMES_PER_PARTITION: whole(10_000, 100_000_000)
      .default(DEFAULTS.maxTimes)
      .describe(
        'The same of all series of a partition together; above it that of the busiest series shrinks.',
      ),
    MAX_HISTORY_BYTES_PER_PARTITION: whole(0, 16 * 1024 * MIB)
      .default(DEFAULTS.maxHistoryBytes)
      .describe(
        'Of what is kept of series with episodes, or with readings out of order, to judge late readings: above it some series give it up, and what was told of them is not revised any more.',
      ),
    SLIDING_WINDOWS: slidingWindows.describe(
      'Windows that slide, beside those of 10 s and a minute: at most four `size/step`, such as `5m/1m,1h/5m`, in multiples of 10 s. Each costs a window on the log for every step and series.',
    ),
    GROUP_TAGS: groupTags.describe(
      'Tags by which series are grouped, such as `site,line`, at most four: windows of all series of a metric and one value of the tag. Each costs once more what windows of a reading cost.',
    ),
    MAX_GROUPS_PER_PARTITION: whole(1, 100_000)
      .default(DEFAULTS.maxGroups)
      .describe('Readings are in no window of further groups.'),
    CHECKPOINT_INTERVAL_MS: whole(100, 300_000)
      .default(5_000)
      .describe('Least time between checkpoints of a partition, milliseconds.'),
    CHECKPOINT_MAX_INTERVAL_MS: whole(100, 3_600_000)
      .default(120_000)
      .describe('Longest time between them, whatever they take: what a crash makes the service do again.'),
    CHECKPOINT_SHARE: z.coerce
      .number()
      .min(0.001)
      .max(1)
      .default(0.05)
      .describe(
        'What checkpoints may take of one processor, here and in the database: with more or busier series there are fewer of them, down to the longest time between two.',
      ),
  }),
});

export const processing = {
  ...service,
  config: service.config
    .refine((config) => config.CHECKPOINT_MAX_INTERVAL_MS >= config.CHECKPOINT_INTERVAL_MS, {
      path: ['CHECKPOINT_MAX_INTERVAL_MS'],
      error: 'Must not be shorter than CHECKPOINT_INTERVAL_MS.',
    })
    .refine(
      (config) =>
        config.SERIES_EVICTION_MS >
        shortestEvictionMs({
          latenessMs: config.ALLOWED_LATENESS_MS,
          idleTimeoutMs: config.IDLE_TIMEOUT_MS,
          maxAheadMs: config.MAX_CLOCK_AHEAD_MS,
          slidingWindows: config.SLIDING_WINDOWS,
        }),
      {
        path: ['SERIES_EVICTION_MS'],
        error:
          'Must be longer than ALLOWED_LATENESS_MS, IDLE_TIMEOUT_MS, MAX_CLOCK_AHEAD_MS and the longest window (a minute at least) together.',
      },
    ),
};

export type ProcessingConfig = ConfigOf<typeof processing>;
