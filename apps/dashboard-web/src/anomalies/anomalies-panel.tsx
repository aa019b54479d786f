import { Alert, Badge, Button, Group, Skeleton, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import type { Anomaly, Severity } from '@tidewatch/contracts';
import { memo, useState } from 'react';
import { Panel } from '../layout/panel';
import { useNow } from '../live/use-now';
import { formatAge, formatTime } from '../series/format';
import { useMetric, useMetrics } from '../series/metrics';
import { useSelection } from '../series/selection';
import { seriesLabel, unitLabel } from '../series/series';
import type { Anomalies } from './use-anomalies';

const COLORS: Record<Severity, string> = { info: 'blue', warning: 'orange', critical: 'red' };
const SHOWN = 20;

/** What detectors found, the newest first. */
export function AnomaliesPanel({ anomalies, missed, isLoaded, error, announcement }: Anomalies) {
  const nowMs = useNow();
  const metrics = useMetrics();
  const [isAll, setIsAll] = useState(false);
  const shown = isAll ? anomalies : anomalies.slice(0, SHOWN);
  return (
    <Panel
      title="Anomalies"
      aside={
        missed > 0 && (
          <Badge color="gray" variant="light" tt="none">
            {missed.toLocaleString('en')} more went by
          </Badge>
        )
      }
    >
      <VisuallyHidden role="status">
        {announcement &&
          `${announcement.severity}: ${announcement.explanation} ${seriesLabel(announcement.series, metrics.get(announcement.series.metric))}`}
      </VisuallyHidden>
      {error !== null && (
        <Alert color="orange" variant="light" mb="sm" role="status">
          History is not available: {error.message} New anomalies still appear.
        </Alert>
      )}
      {!isLoaded && <Skeleton height={120} aria-label="Loading anomalies" />}
      {isLoaded && anomalies.length === 0 && (
        <Text c="dimmed" size="sm">
          Nothing unusual so far.
        </Text>
      )}
      <ol className="tw-plain-list tw-anomalies">
        {shown.map((anomaly) => (
          <AnomalyItem
            key={anomaly.id}
            anomaly={anomaly}
            age={formatAge(Date.parse(anomaly.began), nowMs)}
            time={formatTime(Date.parse(anomaly.began), nowMs)}
          />
        ))}
      </ol>
      {anomalies.length > SHOWN && (
        <Button variant="subtle" size="xs" mt="xs" onClick={() => setIsAll(!isAll)} aria-expanded={isAll}>
          {isAll ? 'Show fewer' : `Show all ${anomalies.length}`}
        </Button>
      )}
    </Panel>
  );
}

const AnomalyItem = memo(function AnomalyItem(props: { anomaly: Anomaly; age: string; time: string }) {
  const { anomaly } = props;
  const { choose } = useSelection();
  const metric = useMetric(anomaly.series.metric);
  return (
    <li data-severity={anomaly.severity} data-anomaly={anomaly.id}>
      <Group gap="xs" justify="space-between" wrap="nowrap" align="center">
        <Group gap="xs" wrap="nowrap" miw={0}>
          <Badge color={COLORS[anomaly.severity]} variant="light" size="sm" className="tw-fixed">
            {anomaly.severity}
          </Badge>
          <UnstyledButton
            className="tw-link"
            onClick={() => choose(anomaly.series)}
            aria-label={`Show ${seriesLabel(anomaly.series, metric)} in the chart`}
          >
            {seriesLabel(anomaly.series, metric)}
            {unitLabel(metric)}
          </UnstyledButton>
        </Group>
        <Text
          component="time"
          dateTime={anomaly.began}
          title={props.time}
          size="xs"
          c="dimmed"
          className="tw-fixed"
        >
          {props.age}
        </Text>
      </Group>
      <Text size="sm" mt={2}>
        {anomaly.explanation}
      </Text>
    </li>
  );
});
