import type { HashedSeries } from '../outputs';

/** How one series is watched. */
export interface SeriesDetection {
  /** Nothing is raised; the detector goes on learning. */
  readonly isOff: boolean;
}

/** How series are watched: asked once for a series that begins, and for all series when settings change. */
export interface DetectionSettings {
  of(series: HashedSeries): SeriesDetection;
}

const AS_USUAL: SeriesDetection = { isOff: false };

export const DEFAULT_DETECTION: DetectionSettings = { of: () => AS_USUAL };
