import { Badge, Group, Skeleton, Text } from '@mantine/core';
import type { ServiceHealth } from '@tidewatch/contracts';
import { useState } from 'react';
import { Panel } from '../layout/panel';
import { useSubscription } from '../live/live-context';

const LABELS: Record<ServiceHealth['status'], string> = {
  ready: 'Ready',
  'not-ready': 'Not ready',
  unreachable: 'Unreachable',
};
const COLORS: Record<ServiceHealth['status'], string> = {
  ready: 'green',
  'not-ready': 'orange',
  unreachable: 'red',
};

/** Whether each service is ready, and what is wrong where it is not. */
export function HealthPanel() {
  const [services, setServices] = useState<readonly ServiceHealth[]>();
  useSubscription('health', { view: 'health' }, (body) => {
    if (body.view === 'health') setServices(body.services);
  });
  return (
    <Panel title="Services" className="tw-last">
      {services === undefined && <Skeleton height={120} aria-label="Loading services" />}
      {services?.length === 0 && (
        <Text c="dimmed" size="sm">
          No services are being watched.
        </Text>
      )}
      <ul className="tw-plain-list tw-services">
        {services?.map((service) => (
          <li key={service.service}>
            <Group justify="space-between" wrap="nowrap">
              <Text size="sm">{service.service}</Text>
              <Badge color={COLORS[service.status]} variant="dot" tt="none" data-status={service.status}>
                {LABELS[service.status]}
              </Badge>
            </Group>
            {failing(service) !== '' && (
              <Text size="xs" c="dimmed">
                failing: {failing(service)}
              </Text>
            )}
          </li>
        ))}
      </ul>
    </Panel>
  );
}

const failing = ({ checks }: ServiceHealth): string =>
  Object.entries(checks)
    .filter(([, state]) => state === 'down')
    .map(([name]) => name)
    .join(', ');
