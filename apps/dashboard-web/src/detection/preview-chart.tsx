import { Text } from '@mantine/core';
import { useCallback, useMemo } from 'react';
import { Chart } from '../chart/chart';
import { formatMean, formatQuantity, formatTime, type Measure } from '../series/format';
import { columnsOf, marksOf } from './preview-marks';
import type { PreviewState } from './use-preview';

interface Props {
  readonly state: PreviewState;
  readonly fromMs: number;
  readonly toMs: number;
  /** Read out in place of the picture. */
  readonly summary: string;
  readonly metric: Measure;
}

/** The series as it was replayed, with the episodes that were found: those of the settings that are tried, and paler those that would be gone. */
export function PreviewChart({ state, fromMs, toMs, summary, metric }: Props) {
  const { points, episodes } = state;
  const data = useMemo(() => columnsOf(points), [points]);
  const marks = useMemo(() => marksOf(episodes, { fromMs, toMs }), [episodes, fromMs, toMs]);
  const describe = useCallback(
    (index: number) => {
      const [times, means, least, greatest] = data;
      const show = (value: number): string => formatQuantity(value, metric);
      return `${formatTime(times[index]!, Date.now())} · mean ${formatMean(means[index]!, metric)} · ${show(least[index]!)} to ${show(greatest[index]!)}`;
    },
    [data, metric],
  );
  if (points === undefined || points.timeMs.length === 0) return null;
  return (
    <figure className="tw-figure" data-testid="preview-chart">
      <Chart data={data} fromMs={fromMs} toMs={toMs} marks={marks} summary={summary} describe={describe} />
      {marks.length > 0 && (
        <Text component="figcaption" size="xs" c="dimmed">
          A ring is the peak of an anomaly, the bar below it how long it lasted
          {marks.some(({ isGone }) => isGone) && '; grey ones would be gone'}.
        </Text>
      )}
    </figure>
  );
}
