import {
  type DetectionInput,
  type Fault,
  LIMITS,
  PREVIEW_LIMITS,
  PROBLEM_CODES,
  previewInput,
  ProblemError,
} from '@tidewatch/contracts';
import { parseTime } from '@tidewatch/readings';
import { parseBody } from '@tidewatch/service-kit';
import type { SeriesSelection } from '@tidewatch/time-series';

const US_PER_DAY = 86_400_000_000;

/** What a preview is asked for, checked. Times in µs. */
export interface PreviewQuestion {
  readonly selection: SeriesSelection;
  readonly fromUs: number;
  readonly toUs: number;
  readonly runInReadings: number;
  /** Pieces of the range of which the series are told. */
  readonly points: number;
  /** Undefined: those in force. */
  readonly settings: DetectionInput | undefined;
}

/** Throws a `ProblemError` (422) that names each field which is not valid. */
export function questionOf(body: unknown, nowMs: number): PreviewQuestion {
  const input = parseBody(previewInput, body);
  const toUs = timeOf('/to', input.to) ?? nowMs * 1000;
  const fromUs = timeOf('/from', input.from) ?? Math.max(LIMITS.minTimeUs, toUs - US_PER_DAY);
  if (fromUs >= toUs) throw invalid('/to', 'invalid-range', 'Must be after "from".');
  if (toUs - fromUs > PREVIEW_LIMITS.rangeDays * US_PER_DAY) {
    const detail = `The range may have at most ${PREVIEW_LIMITS.rangeDays} days.`;
    throw invalid('/from', 'invalid-range', detail);
  }
  const { seriesId, device = '', metric = '', tags = {}, runInReadings, points, settings } = input;
  const selection = seriesId === undefined ? { device, metric, tags } : { seriesId };
  return { selection, fromUs, toUs, runInReadings, points, settings };
}

export function invalid(pointer: string, code: string, detail: string): ProblemError {
  const errors: Fault[] = [{ pointer, code, detail }];
  return new ProblemError(422, PROBLEM_CODES.invalidRequest, 'The body is not valid.', { errors });
}

function timeOf(pointer: string, time: string | number | undefined): number | undefined {
  if (time === undefined) return undefined;
  const us = parseTime(time);
  if (us >= LIMITS.minTimeUs && us <= LIMITS.maxTimeUs) return us;
  throw invalid(
    pointer,
    'invalid-time',
    'Must be an RFC 3339 date-time or milliseconds since the epoch, not after 2199.',
  );
}
