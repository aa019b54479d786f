import { Alert, Badge, Button, ScrollArea, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState, useSyncExternalStore } from 'react';
import { listDevices } from '../api/history';
import { Panel } from '../layout/panel';
import { useSubscription } from '../live/live-context';
import { useNow } from '../live/use-now';
import { useMetrics } from '../series/metrics';
import { DeviceTable } from './device-table';
import { FirstReading } from './first-reading';
import { groupByDevice, LatestStore } from './latest-store';
import { SilentDevices } from './silent-devices';

const ROWS_AT_FIRST = 100;

/** Devices with the latest value of each of their series, by event time. */
export function DevicesPanel() {
  const [store] = useState(() => new LatestStore());
  const [isLoaded, setIsLoaded] = useState(false);
  const [filter, setFilter] = useState('');
  const [limit, setLimit] = useState(ROWS_AT_FIRST);
  const [wanted] = useDebouncedValue(filter, 120);
  const rows = useSyncExternalStore(store.subscribe, store.rows);
  const nowMs = useNow();
  const stored = useQuery({
    queryKey: ['devices'],
    queryFn: ({ signal }) => listDevices(signal),
    refetchInterval: 60_000,
  });
  useSubscription('latest', { view: 'latest' }, (body, isSnapshot) => {
    store.apply(body, isSnapshot);
    setIsLoaded(true);
  });

  const { groups, total } = groupByDevice(rows, { text: wanted, metrics: useMetrics() }, limit);
  const live = new Set(rows.map(({ series }) => series.device));
  const silent = (stored.data ?? []).filter(
    ({ device }) => !live.has(device) && device.toLowerCase().includes(wanted.trim().toLowerCase()),
  );
  const isEmpty = isLoaded && rows.length === 0 && stored.isFetched && (stored.data?.length ?? 0) === 0;
  const devices = live.size + (stored.data ?? []).filter(({ device }) => !live.has(device)).length;

  return (
    <Panel
      title="Devices"
      aside={devices > 0 && <Badge variant="default">{devices.toLocaleString('en')}</Badge>}
    >
      <Stack gap="sm">
        {!isEmpty && (
          <TextInput
            type="search"
            aria-label="Filter devices and metrics"
            placeholder="Filter devices and metrics"
            value={filter}
            onChange={(event) => setFilter(event.currentTarget.value)}
          />
        )}
        {stored.isError && (
          <Alert color="orange" variant="light" role="status">
            History is not available: {stored.error.message} Live values go on.
          </Alert>
        )}
        {!isLoaded && <Skeleton height={180} aria-label="Loading devices" />}
        {isEmpty && <FirstReading />}
        {isLoaded && !isEmpty && total + silent.length === 0 && (
          <Text c="dimmed" size="sm" role="status">
            Nothing matches “{wanted}”.
          </Text>
        )}
        <ScrollArea.Autosize mah="min(34rem, 70dvh)" type="auto" offsetScrollbars="y">
          {groups.length > 0 && <DeviceTable groups={groups} nowMs={nowMs} />}
          {total > limit && (
            <Button variant="subtle" size="xs" fullWidth onClick={() => setLimit(limit * 4)}>
              Show more ({(total - limit).toLocaleString('en')} left)
            </Button>
          )}
          {isLoaded && silent.length > 0 && <SilentDevices devices={silent} nowMs={nowMs} />}
        </ScrollArea.Autosize>
      </Stack>
    </Panel>
  );
}
