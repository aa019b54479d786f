import { Inject, Injectable } from '@nestjs/common';
import { detectorKind } from '@tidewatch/anomaly-detection';
import {
  type Anomaly,
  anomalySentence,
  CONSUMERS,
  PREVIEW_LIMITS,
  PROBLEM_CODES,
  ProblemError,
} from '@tidewatch/contracts';
import { formatTimeUs, seriesHash, type SeriesKey, seriesKey } from '@tidewatch/readings';
import { SERVICE_CONFIG } from '@tidewatch/service-kit';
import {
  DEFAULT_STREAM_SETTINGS,
  type DetectionSettings as StreamDetection,
  settingsOfSubjects,
  type SubjectSetting,
  watching,
  type Watching,
} from '@tidewatch/stream-processing';
import { DetectionSettings, type DeviceSeries, History, Metrics } from '@tidewatch/time-series';
import { isDeepStrictEqual } from 'node:util';
import type { StorageConfig } from '../config';
import { Comparison } from './comparison';
import { MergedReadings } from './merged-readings';
import { Outline } from './outline';
import { invalid, type PreviewQuestion } from './preview-question';
import { PreviewRun } from './preview-run';
import { Replay } from './replay';

const RETRY_AFTER_SECONDS = 10;

interface ReplayedSeries {
  readonly id: number;
  readonly key: SeriesKey;
  readonly isSelected: boolean;
}

export interface PreviewBounds {
  readonly nowMs: number;
  /** After which it stops. */
  readonly seconds: number;
  /** Whether the service is about to end. */
  readonly isStopping: () => boolean;
}

/** Prepares previews: which series and readings they replay, and by which settings. */
@Injectable()
export class PreviewService {
  constructor(
    private readonly history: History,
    private readonly settings: DetectionSettings,
    private readonly metrics: Metrics,
    @Inject(SERVICE_CONFIG) private readonly config: StorageConfig,
  ) {}

  /**
   * Throws a `ProblemError`: 404 where there are no such series, 422 where there are too many, 503 when the database takes too long, or nobody has said
   * yet how readings are watched.
   */
  async prepare(question: PreviewQuestion, bounds: PreviewBounds): Promise<PreviewRun> {
    const { fromUs, toUs, selection } = question;
    const page = await this.history.deviceSeries(selection, PREVIEW_LIMITS.series);
    const { selectedCount, totalCount } = page;
    if (selectedCount === 0) throw unknown(selection);
    if (selectedCount > PREVIEW_LIMITS.series) throw tooMany(selectedCount);
    const series = page.series.map(replayed);
    const selected = series.filter(({ isSelected }) => isSelected);
    const { starts, runInUs } = await this.starts(series, question);
    const ways = await this.ways(series, question);
    const { detector, ...stream } = await this.watching();
    // They are all of one metric.
    const naming = (await this.metrics.get(selected[0]!.key.metric))?.item ?? {};
    const comparison = new Comparison({
      ...{ fromUs, isSame: ways.inForce === undefined, stored: await this.stored(selected, question) },
      accepted: {
        tried: acceptedPerWeek(series, ways.tried),
        inForce: acceptedPerWeek(series, ways.inForce ?? ways.tried),
      },
    });
    const replay = new Replay({
      ...{ stream: { ...DEFAULT_STREAM_SETTINGS, ...stream }, detector: detectorKind(detector), ways },
      selected: selected.map(({ key }) => key),
      onEpisode: (way, anomaly) =>
        comparison.tell(way, { ...anomaly, explanation: anomalySentence(anomaly, naming) }),
    });
    const read = (seriesId: number, since: number, limit: number) =>
      this.history.readingColumns({ seriesId, fromUs: since, toUs }, limit);
    return new PreviewRun({
      plan: {
        type: 'plan',
        series: selected.map(({ id, key }) => ({ id, ...refOf(key) })),
        neighbours: series.length - selected.length,
        leftOut: totalCount - series.length,
        ...{ from: formatTimeUs(fromUs), to: formatTimeUs(toUs) },
        runInFrom: formatTimeUs(runInUs),
      },
      range: { fromUs, toUs, runInUs },
      untilMs: Math.min(Math.floor(toUs / 1000), bounds.nowMs),
      readings: new MergedReadings(starts, read),
      ...{ replay, comparison, outline: new Outline({ fromUs, toUs }, question.points, selected) },
      limits: {
        readings: this.config.PREVIEW_MAX_READINGS,
        seconds: bounds.seconds,
        episodes: PREVIEW_LIMITS.episodes,
      },
      isStopping: bounds.isStopping,
    });
  }

  /** How processing watches readings, as it has said itself. */
  private async watching(): Promise<Watching> {
    const told = await this.settings.watching(CONSUMERS.processing);
    const known = watching.safeParse(told);
    if (known.success) return known.data;
    const detail =
      told === undefined
        ? 'Processing has not started yet: it says how readings are watched.'
        : 'Processing is of another version, and says in another way how readings are watched.';
    throw new ProblemError(503, PROBLEM_CODES.unavailable, detail, {
      retryAfterSeconds: RETRY_AFTER_SECONDS,
    });
  }

  private async starts(series: readonly ReplayedSeries[], { fromUs, runInReadings }: PreviewQuestion) {
    const ids = series.map(({ id }) => id);
    const times = await this.history.starts(ids, { beforeUs: fromUs, readings: runInReadings });
    const starts = series.map(({ id, key }, i) => ({ id, key, startUs: times[i] ?? fromUs }));
    return { starts, runInUs: Math.min(...starts.map(({ startUs }) => startUs)) };
  }

  /** The settings that are tried, and those in force where they are others. */
  private async ways(
    series: readonly ReplayedSeries[],
    { settings }: PreviewQuestion,
  ): Promise<{ tried: StreamDetection; inForce?: StreamDetection }> {
    const hashed = series.map(({ key, isSelected }) => ({ key, hash: seriesHash(key), isSelected }));
    const hex = hashed.map(({ hash }) => hash.toString('hex'));
    const metrics = [...new Set(series.map(({ key }) => key.metric))];
    const stored = await this.settings.inForce(metrics, hex);
    const inForce = settingsOfSubjects(stored);
    if (settings === undefined) return { tried: inForce };
    const own = hex.flatMap((subject, i): SubjectSetting[] =>
      hashed[i]!.isSelected ? [{ scope: 'series', subject, input: settings }] : [],
    );
    // Of two settings of one subject the later one holds.
    const tried = settingsOfSubjects([...stored, ...own]);
    const isSame = hashed.every((one) => isDeepStrictEqual(tried.of(one), inForce.of(one)));
    return isSame ? { tried: inForce } : { tried, inForce };
  }

  /** Anomalies of the series in the range; undefined where there are too many to compare. */
  private async stored(
    selected: readonly ReplayedSeries[],
    { fromUs, toUs }: PreviewQuestion,
  ): Promise<Anomaly[] | undefined> {
    const stored: Anomaly[] = [];
    const range = { from: formatTimeUs(fromUs), to: formatTimeUs(toUs) };
    for (const { id } of selected) {
      const limit = PREVIEW_LIMITS.episodes - stored.length;
      if (limit === 0) return undefined;
      const { items, next } = await this.history.anomalies({ seriesId: id, ...range }, { limit });
      if (next !== null) return undefined;
      stored.push(...items.filter(({ state }) => state !== 'withdrawn'));
    }
    return stored;
  }
}

/** Of the selected series: each that is watched has an equal share of what is accepted of the device. */
function acceptedPerWeek(series: readonly ReplayedSeries[], settings: StreamDetection): number {
  const watched = series
    .map(({ key, isSelected }) => ({ isSelected, ...settings.of({ key, hash: seriesHash(key) }) }))
    .filter(({ isOff }) => !isOff);
  const shares = watched.map(({ isSelected, alarmsPerWeek }) =>
    isSelected ? alarmsPerWeek / watched.length : 0,
  );
  return shares.reduce((sum, share) => sum + share, 0);
}

function replayed({ id, device, metric, tags, isSelected }: DeviceSeries): ReplayedSeries {
  return { id, key: seriesKey(device, metric, Object.entries(tags)), isSelected };
}

function refOf({ device, metric, tags }: SeriesKey) {
  return { device, metric, tags: Object.fromEntries(tags) };
}

function unknown(selection: PreviewQuestion['selection']): ProblemError {
  const detail =
    'seriesId' in selection
      ? 'There is no series with this id.'
      : 'There is no series of this device and metric with these tags.';
  return new ProblemError(404, PROBLEM_CODES.notFound, detail);
}

function tooMany(count: number): ProblemError {
  const detail = `These are ${count} series; a preview may have ${PREVIEW_LIMITS.series}. Name a tag that tells some of them.`;
  return invalid('/tags', 'too-many-series', detail);
}
