import { Alert, Table, Text } from '@mantine/core';
import type { Anomaly, SeriesRef } from '@tidewatch/contracts';
import { useCallback, useMemo, useState } from 'react';
import { isWithdrawn } from '../anomalies/incidents';
import { useNow } from '../live/use-now';
import { formatMean, formatQuantity, formatTime, type Measure } from '../series/format';
import { useMetric } from '../series/metrics';
import { seriesId } from '../series/series';
import { Chart } from './chart';
import type { ChartPoints } from './chart-points';
import type { Range } from './ranges';
import { useSeriesPoints } from './use-series-points';

interface SeriesChartProps {
  readonly series: SeriesRef;
  readonly range: Range;
  readonly anomalies: readonly Anomaly[];
}

/** The points of one series, with its anomalies. */
export function SeriesChart({ series, range, anomalies }: SeriesChartProps) {
  const id = seriesId(series);
  const metric = useMetric(series.metric);
  const { ms: rangeMs, words } = range;
  const { points, version, isLoading, error, lastMinute } = useSeriesPoints(series, id, rangeMs);
  const nowMs = useNow(rangeMs <= 60_000 ? 250 : 1_000);
  const fromMs = nowMs - rangeMs;
  // `points` is changed in place: `version` says when.
  // eslint-disable-next-line react-hooks/exhaustive-deps -- see above
  const data = useMemo(() => points.from(fromMs), [points, version, fromMs]);
  const describe = useCallback(
    (index: number) =>
      `${formatTime(data[0][index]!, Date.now())} · ${formatQuantity(data[1][index]!, metric)}`,
    [data, metric],
  );
  const marks = useMemo(
    () =>
      anomalies
        .filter((anomaly) => seriesId(anomaly.series) === id && !isWithdrawn(anomaly))
        .map(({ peakTime, peakValue }) => ({ timeMs: Date.parse(peakTime), value: peakValue })),
    [anomalies, id],
  );
  const marked = marks.filter(({ timeMs }) => timeMs >= fromMs).length;
  const summary = summaryText(points, fromMs, { nowMs, words, marked, metric });

  return (
    <figure className="tw-figure">
      {error !== null && (
        <Alert color="orange" variant="light" mb="xs" role="status">
          History is not available: {error.message} Live points go on.
        </Alert>
      )}
      <Chart
        isLoading={isLoading}
        data={data}
        fromMs={fromMs}
        toMs={nowMs}
        marks={marks}
        summary={summary}
        describe={describe}
      />
      <Text component="figcaption" size="sm" c="dimmed" mt="xs" data-testid="chart-summary">
        {summary}
        {lastMinute &&
          ` Last full minute: mean ${formatMean(lastMinute.sum / lastMinute.count, metric)} of ${lastMinute.count}.`}
      </Text>
      <LatestReadings data={data} nowMs={nowMs} metric={metric} />
    </figure>
  );
}

function summaryText(
  points: ChartPoints,
  fromMs: number,
  { nowMs, words, marked, metric }: { nowMs: number; words: string; marked: number; metric: Measure },
): string {
  const summary = points.summary(fromMs);
  if (summary === undefined) {
    const newest = points.newestMs;
    const last = newest === undefined ? '' : ` The latest one is of ${formatTime(newest, nowMs)}.`;
    return `No readings in the last ${words}.${last}`;
  }
  const { last, lastMs, min, max, mean } = summary;
  const anomalies = marked === 0 ? '' : ` ${marked} ${marked === 1 ? 'anomaly' : 'anomalies'} marked.`;
  const show = (value: number): string => formatQuantity(value, metric);
  return `${show(last)} at ${formatTime(lastMs, nowMs)}. Last ${words}: from ${show(min)} to ${show(max)}, mean ${formatMean(mean, metric)}.${anomalies}`;
}

/** The newest points as text, for those who can't see the line or want the numbers. */
function LatestReadings(props: { data: [number[], number[]]; nowMs: number; metric: Measure }) {
  const { data, nowMs, metric } = props;
  const [isOpen, setIsOpen] = useState(false);
  const [times, values] = data;
  const first = Math.max(0, times.length - 20);
  return (
    <details className="tw-details" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Latest readings as a table</summary>
      {isOpen && (
        <Table verticalSpacing={2} maw={360} aria-label="Latest readings">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">Time</Table.Th>
              <Table.Th scope="col" ta="right">
                Value
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {times.slice(first).map((timeMs, index) => (
              <Table.Tr key={timeMs}>
                <Table.Td>{formatTime(timeMs, nowMs)}</Table.Td>
                <Table.Td ta="right" className="tw-number">
                  {formatQuantity(values[first + index]!, metric)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </details>
  );
}
