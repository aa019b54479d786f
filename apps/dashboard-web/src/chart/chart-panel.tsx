import { Center, SegmentedControl, Text } from '@mantine/core';
import type { Anomaly } from '@tidewatch/contracts';
import { useState } from 'react';
import { groupId, groupLabel } from '../groups/group';
import { GroupChart } from '../groups/group-chart';
import { Panel } from '../layout/panel';
import { useMetrics } from '../series/metrics';
import { useSelection } from '../series/selection';
import { seriesId, seriesLabel, unitLabel } from '../series/series';
import { type Range, RANGES } from './ranges';
import { SeriesChart } from './series-chart';

/** The chosen series or group, live. */
export function ChartPanel({ anomalies }: { anomalies: readonly Anomaly[] }) {
  const { series, group } = useSelection();
  const metric = useMetrics().get((series ?? group)?.metric ?? '');
  const [range, setRange] = useState<Range>(RANGES[1]);
  const label = (series && seriesLabel(series, metric)) ?? (group && groupLabel(group, metric));
  return (
    <Panel
      title={label === undefined ? 'Chart' : `${label}${unitLabel(metric)}`}
      className="tw-first"
      aside={
        label !== undefined && (
          <SegmentedControl
            size="xs"
            aria-label="Range of the chart"
            data={RANGES.map(({ label, ms }) => ({ label, value: String(ms) }))}
            value={String(range.ms)}
            onChange={(value) => setRange(RANGES.find(({ ms }) => String(ms) === value)!)}
          />
        )
      }
    >
      {series && <SeriesChart key={seriesId(series)} series={series} range={range} anomalies={anomalies} />}
      {group && <GroupChart key={groupId(group)} group={group} range={range} />}
      {label === undefined && (
        <Center h={320}>
          <Text c="dimmed">Choose a metric to see it move.</Text>
        </Center>
      )}
    </Panel>
  );
}
