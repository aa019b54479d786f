import type { DetectionInput } from '@tidewatch/contracts';
import type { HashedSeries } from '../outputs';
import { type DetectionSettings, seriesDetection } from './detection-settings';

/** What is set of a metric, or of a series: its hash in hexadecimal. */
export interface SubjectSetting {
  readonly scope: 'metric' | 'series';
  readonly subject: string;
  readonly input: DetectionInput;
}

/** A series' own settings win over those of its metric, field by field. */
export function settingsOfSubjects(settings: readonly SubjectSetting[]): DetectionSettings {
  const ofMetric = new Map<string, DetectionInput>();
  const ofSeries = new Map<string, DetectionInput>();
  for (const { scope, subject, input } of settings) {
    (scope === 'metric' ? ofMetric : ofSeries).set(subject, input);
  }
  return {
    of({ key, hash }: HashedSeries) {
      const own = ofSeries.size === 0 ? undefined : ofSeries.get(Buffer.from(hash).toString('hex'));
      return seriesDetection({ ...ofMetric.get(key.metric), ...own });
    },
  };
}
