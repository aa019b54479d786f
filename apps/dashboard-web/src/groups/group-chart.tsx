import { Alert, Table, Text } from '@mantine/core';
import type { DeviceGroup, GroupWindow } from '@tidewatch/contracts';
import { useCallback, useMemo, useState } from 'react';
import { Chart } from '../chart/chart';
import type { ChartData, Mark } from '../chart/chart-options';
import type { Range } from '../chart/ranges';
import { useSubscription } from '../live/live-context';
import { useNow } from '../live/use-now';
import { formatLength, formatMean, formatQuantity, formatTime, type Measure } from '../series/format';
import { useMetric } from '../series/metrics';
import { groupId } from './group';
import { type RecentWindows, sizeOf, summaryOf, windowsSince, withFrame } from './recent-windows';

const NO_MARKS: readonly Mark[] = [];

/** The windows of one group as they come: their means, in the band from the least to the greatest value. */
export function GroupChart({ group, range }: { group: DeviceGroup; range: Range }) {
  const metric = useMetric(group.metric);
  const [known, setKnown] = useState<RecentWindows>();
  const refusal = useSubscription(`group ${groupId(group)}`, { view: 'group', group }, (body, isSnapshot) => {
    if (body.view === 'group') setKnown((before) => withFrame(before ?? new Map(), body.windows, isSnapshot));
  });
  const nowMs = useNow();
  const fromMs = nowMs - range.ms;
  const sizeMs = sizeOf(range);
  const windows = useMemo(() => windowsSince(known ?? new Map(), sizeMs, fromMs), [known, sizeMs, fromMs]);
  const data = useMemo(() => columnsOf(windows), [windows]);
  const describe = useCallback((index: number) => pointText(windows[index]!, metric), [windows, metric]);
  const summary = summaryText(windows, { range, nowMs, metric });
  return (
    <figure className="tw-figure">
      {refusal !== undefined && (
        <Alert color="orange" variant="light" mb="xs" role="alert">
          The windows of this group are not available: {refusal}
        </Alert>
      )}
      <Chart
        isLoading={known === undefined}
        data={data}
        fromMs={fromMs}
        toMs={nowMs}
        marks={NO_MARKS}
        summary={summary}
        describe={describe}
      />
      <Text component="figcaption" size="sm" c="dimmed" mt="xs" data-testid="chart-summary">
        {known !== undefined && summary}
      </Text>
      <LatestWindows windows={windows} nowMs={nowMs} metric={metric} />
    </figure>
  );
}

/** Each window stands at its middle. */
function columnsOf(windows: readonly GroupWindow[]): ChartData {
  return [
    windows.map(({ startMs, sizeMs }) => startMs + sizeMs / 2),
    windows.map(({ mean }) => mean),
    windows.map(({ min }) => min),
    windows.map(({ max }) => max),
  ];
}

function pointText({ startMs, sizeMs, mean, min, max, count }: GroupWindow, metric: Measure): string {
  const show = (value: number): string => formatQuantity(value, metric);
  return `${formatLength(sizeMs)} from ${formatTime(startMs, Date.now())} · mean ${formatMean(mean, metric)} of ${count} · ${show(min)} to ${show(max)}`;
}

interface SummaryOptions {
  readonly range: Range;
  readonly nowMs: number;
  readonly metric: Measure;
}

function summaryText(windows: readonly GroupWindow[], { range, nowMs, metric }: SummaryOptions): string {
  const summary = summaryOf(windows);
  const size = formatLength(sizeOf(range));
  if (summary === undefined) {
    return `No window in the last ${range.words}. One of ${size} is shown when half of the series have passed its end.`;
  }
  const { count, mean, min, max, last } = summary;
  const show = (value: number): string => formatQuantity(value, metric);
  return `All devices together: mean ${formatMean(last.mean, metric)} of ${last.count} readings in ${size} from ${formatTime(last.startMs, nowMs)}. Last ${range.words}: from ${show(min)} to ${show(max)}, mean ${formatMean(mean, metric)} of ${count.toLocaleString('en')}.`;
}

interface LatestWindowsProps {
  readonly windows: readonly GroupWindow[];
  readonly nowMs: number;
  readonly metric: Measure;
}

/** The newest windows as text, for those who can't see the line or want the numbers. */
function LatestWindows({ windows, nowMs, metric }: LatestWindowsProps) {
  const [isOpen, setIsOpen] = useState(false);
  return (
    <details className="tw-details" onToggle={(event) => setIsOpen(event.currentTarget.open)}>
      <summary>Latest windows as a table</summary>
      {isOpen && (
        <Table verticalSpacing={2} maw={520} aria-label="Latest windows" className="tw-table">
          <Table.Thead>
            <Table.Tr>
              <Table.Th scope="col">From</Table.Th>
              {['Readings', 'Mean', 'Least', 'Greatest'].map((name) => (
                <Table.Th key={name} scope="col" ta="right">
                  {name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {windows.slice(-20).map(({ startMs, count, mean, min, max }) => (
              <Table.Tr key={startMs}>
                <Table.Td>{formatTime(startMs, nowMs)}</Table.Td>
                {[
                  count.toLocaleString('en'),
                  formatMean(mean, metric),
                  formatQuantity(min, metric),
                  formatQuantity(max, metric),
                ].map((text, column) => (
                  <Table.Td key={column} ta="right" className="tw-number">
                    {text}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </details>
  );
}
