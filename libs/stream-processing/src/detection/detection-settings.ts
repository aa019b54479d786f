import { DETECTION_BOUNDS, type DetectionInput, type DetectionLimits } from '@tidewatch/contracts';
import type { HashedSeries } from '../outputs';

/** How one series is watched. */
export interface SeriesDetection {
  /** The detector raises nothing; it goes on learning. */
  readonly isOff: boolean;
  /** False alarms that are accepted of its device in a week. The series has an equal share of it. */
  readonly alarmsPerWeek: number;
  readonly limits: DetectionLimits | undefined;
}

/** How series are watched: asked once for a series that begins, and for all series when settings change. */
export interface DetectionSettings {
  of(series: HashedSeries): SeriesDetection;
}

/** By what is set, as one document; what it leaves out is as the product has it. */
export function seriesDetection({ sensitivity = 'default', limits }: DetectionInput): SeriesDetection {
  const { usual } = DETECTION_BOUNDS.alarmsPerWeek;
  return {
    isOff: sensitivity === 'off',
    alarmsPerWeek: typeof sensitivity === 'number' ? sensitivity : usual,
    limits,
  };
}

const AS_USUAL = seriesDetection({});

export const DEFAULT_DETECTION: DetectionSettings = { of: () => AS_USUAL };

/** The same for the same settings, whatever the order of their fields. */
export function settingsAsText(detection: SeriesDetection): string {
  return JSON.stringify(detection, (_, part: unknown) =>
    part !== null && typeof part === 'object'
      ? Object.fromEntries(Object.entries(part).sort(([a], [b]) => (a < b ? -1 : 1)))
      : part,
  );
}
