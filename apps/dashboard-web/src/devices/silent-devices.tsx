import type { Device } from '@tidewatch/contracts';
import { Alert, Group, Loader, Stack, Text, Title, UnstyledButton } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { listSeries } from '../api/history';
import { formatAge } from '../series/format';
import { useMetrics } from '../series/metrics';
import { useSelection } from '../series/selection';
import { metricLabel, seriesId, seriesLabel } from '../series/series';

const SHOWN = 100;

/** Devices that history knows, but which have sent nothing lately. */
export function SilentDevices({ devices, nowMs }: { devices: readonly Device[]; nowMs: number }) {
  const headingId = useId();
  return (
    <Stack gap={4} mt="md">
      <Title order={3} size="h6" c="dimmed" id={headingId}>
        Silent ({devices.length.toLocaleString('en')})
      </Title>
      <ul aria-labelledby={headingId} className="tw-plain-list">
        {devices.slice(0, SHOWN).map((device) => (
          <SilentDevice key={device.device} device={device} nowMs={nowMs} />
        ))}
      </ul>
      {devices.length > SHOWN && (
        <Text size="xs" c="dimmed">
          and {(devices.length - SHOWN).toLocaleString('en')} more: use the filter
        </Text>
      )}
    </Stack>
  );
}

function SilentDevice({ device, nowMs }: { device: Device; nowMs: number }) {
  const [isOpen, setIsOpen] = useState(false);
  const listId = useId();
  const last = device.lastReadingTime;
  return (
    <li>
      <UnstyledButton
        className="tw-link"
        aria-expanded={isOpen}
        aria-controls={isOpen ? listId : undefined}
        onClick={() => setIsOpen(!isOpen)}
        w="100%"
      >
        <Group justify="space-between" wrap="nowrap">
          <Text span size="sm" className="tw-device">
            {isOpen ? '▾' : '▸'} {device.device}
          </Text>
          <Text span size="xs" c="dimmed">
            {last === null ? 'no reading' : formatAge(Date.parse(last), nowMs)}
          </Text>
        </Group>
      </UnstyledButton>
      {isOpen && <SeriesOf device={device.device} listId={listId} />}
    </li>
  );
}

function SeriesOf({ device, listId }: { device: string; listId: string }) {
  const { choose } = useSelection();
  const metrics = useMetrics();
  const series = useQuery({
    queryKey: ['series', device],
    queryFn: ({ signal }) => listSeries(device, signal),
  });
  if (series.isPending) return <Loader size="xs" aria-label="Loading" />;
  if (series.isError) {
    return (
      <Alert color="red" variant="light" role="alert">
        {series.error.message}
      </Alert>
    );
  }
  return (
    <ul id={listId} className="tw-plain-list tw-indented">
      {series.data.map((item) => (
        <li key={seriesId(item)}>
          <UnstyledButton
            className="tw-link"
            onClick={() => choose({ device: item.device, metric: item.metric, tags: item.tags })}
            aria-label={`Show ${seriesLabel(item, metrics.get(item.metric))} in the chart`}
          >
            {metricLabel(item, metrics.get(item.metric))}
          </UnstyledButton>
        </li>
      ))}
    </ul>
  );
}
