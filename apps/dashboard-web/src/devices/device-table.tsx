import { Badge, Table, Text, UnstyledButton } from '@mantine/core';
import { memo } from 'react';
import { formatAge, formatQuantity, formatTime, isStale } from '../series/format';
import { useMetric } from '../series/metrics';
import { useSelection } from '../series/selection';
import { metricLabel, seriesId, seriesLabel } from '../series/series';
import type { DeviceGroup, LatestRow } from './latest-store';

/** One row a series, the device as a row header over its series. */
export function DeviceTable({ groups, nowMs }: { groups: readonly DeviceGroup[]; nowMs: number }) {
  const { series, choose } = useSelection();
  const chosen = series && seriesId(series);
  return (
    <Table verticalSpacing={6} aria-label="Latest values" className="tw-table">
      <Table.Thead>
        <Table.Tr>
          <Table.Th scope="col">Device</Table.Th>
          <Table.Th scope="col">Metric</Table.Th>
          <Table.Th scope="col" ta="right">
            Value
          </Table.Th>
          <Table.Th scope="col" ta="right" visibleFrom="xs">
            Measured
          </Table.Th>
        </Table.Tr>
      </Table.Thead>
      {groups.map((group) => (
        <Table.Tbody key={group.device} className="tw-group">
          {group.rows.map((row, index) => (
            <SeriesRow
              key={row.id}
              row={row}
              age={formatAge(row.timeMs, nowMs)}
              time={formatTime(row.timeMs, nowMs)}
              stale={isStale(row.timeMs, nowMs)}
              isChosen={row.id === chosen}
              choose={choose}
              deviceRows={index === 0 ? group.rows.length : 0}
            />
          ))}
        </Table.Tbody>
      ))}
    </Table>
  );
}

interface RowProps {
  readonly row: LatestRow;
  readonly age: string;
  readonly time: string;
  readonly stale: boolean;
  readonly isChosen: boolean;
  readonly choose: (series: LatestRow['series']) => void;
  /** Rows that the device's header spans; 0 when an earlier row has it. */
  readonly deviceRows: number;
}

const SeriesRow = memo(function SeriesRow(props: RowProps) {
  const { row, isChosen, stale } = props;
  const metric = useMetric(row.series.metric);
  return (
    <Table.Tr data-chosen={isChosen || undefined} data-stale={stale || undefined} data-series={row.id}>
      {props.deviceRows > 0 && (
        <Table.Th scope="rowgroup" rowSpan={props.deviceRows} className="tw-device">
          {row.series.device}
        </Table.Th>
      )}
      <Table.Td>
        <UnstyledButton
          className="tw-link"
          onClick={() => props.choose(row.series)}
          aria-pressed={isChosen}
          aria-label={`Show ${seriesLabel(row.series, metric)} in the chart`}
          title={metric?.description}
        >
          {metricLabel(row.series, metric)}
        </UnstyledButton>
      </Table.Td>
      <Table.Td ta="right" className="tw-number">
        {formatQuantity(row.value, metric)}
        <Text size="xs" c="dimmed" fw={400} hiddenFrom="xs">
          {stale && 'stale · '}
          {props.age}
        </Text>
      </Table.Td>
      <Table.Td ta="right" title={props.time} className="tw-age" visibleFrom="xs">
        {stale ? (
          <Badge color="gray" variant="light" size="sm" tt="none">
            stale · {props.age}
          </Badge>
        ) : (
          <Text span size="sm" c="dimmed">
            {props.age}
          </Text>
        )}
      </Table.Td>
    </Table.Tr>
  );
});
