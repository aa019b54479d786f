import { Alert, Badge, Button, Group, Skeleton, Text, UnstyledButton, VisuallyHidden } from '@mantine/core';
import { type Anomaly, anomalySentence, type Severity } from '@tidewatch/contracts';
import { memo, useMemo, useState } from 'react';
import { Panel } from '../layout/panel';
import { useNow } from '../live/use-now';
import { formatAge, formatLength, formatTime } from '../series/format';
import { useMetric, useMetrics } from '../series/metrics';
import { useSelection } from '../series/selection';
import { seriesLabel, unitLabel } from '../series/series';
import { type Incident, incidentsOf, isWithdrawn, othersText } from './incidents';
import type { Anomalies } from './use-anomalies';

const COLORS: Record<Severity, string> = { info: 'blue', warning: 'orange', critical: 'red' };
const SHOWN = 20;

/** What detectors found, the newest first: one entry for an incident, whatever the number of its series. */
export function AnomaliesPanel({ anomalies, missed, isLoaded, error, announcement }: Anomalies) {
  const nowMs = useNow();
  const metrics = useMetrics();
  const [isAll, setIsAll] = useState(false);
  const incidents = useMemo(() => incidentsOf(anomalies), [anomalies]);
  const shown = isAll ? incidents : incidents.slice(0, SHOWN);
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
          `${isWithdrawn(announcement) ? 'withdrawn' : announcement.severity}: ${anomalySentence(announcement, metrics.get(announcement.series.metric))}`}
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
        {shown.map((incident) => (
          <IncidentItem key={incident.id} incident={incident} nowMs={nowMs} />
        ))}
      </ol>
      {incidents.length > SHOWN && (
        <Button variant="subtle" size="xs" mt="xs" onClick={() => setIsAll(!isAll)} aria-expanded={isAll}>
          {isAll ? 'Show fewer' : `Show all ${incidents.length}`}
        </Button>
      )}
    </Panel>
  );
}

function IncidentItem({ incident, nowMs }: { incident: Incident; nowMs: number }) {
  const { first, others } = incident;
  return (
    <li data-severity={isWithdrawn(first) ? undefined : first.severity} data-incident={incident.id}>
      <AnomalyEntry anomaly={first} {...timesOf(first, nowMs)} />
      {others.length > 0 && (
        <details className="tw-details">
          <summary>{othersText(incident)}</summary>
          {others.map((anomaly) => (
            <AnomalyEntry key={anomaly.id} anomaly={anomaly} {...timesOf(anomaly, nowMs)} />
          ))}
        </details>
      )}
    </li>
  );
}

/** Texts that seldom change, so that an entry is drawn anew only when they do. */
function timesOf({ began, state, durationSeconds }: Anomaly, nowMs: number) {
  const beganMs = Date.parse(began);
  const course = {
    open: `, going on for ${formatLength(Math.max(0, nowMs - beganMs))}`,
    closed: `, lasted ${formatLength(durationSeconds * 1_000)}`,
    withdrawn: '',
  }[state];
  return { age: formatAge(beganMs, nowMs), time: formatTime(beganMs, nowMs), course };
}

interface EntryProps {
  readonly anomaly: Anomaly;
  readonly age: string;
  readonly time: string;
  readonly course: string;
}

const AnomalyEntry = memo(function AnomalyEntry(props: EntryProps) {
  const { anomaly } = props;
  const { choose } = useSelection();
  const metric = useMetric(anomaly.series.metric);
  return (
    <div data-anomaly={anomaly.id} data-state={anomaly.state}>
      <Group gap="2px 8px" justify="space-between" align="center">
        <Group gap="xs" wrap="nowrap" className="tw-wide">
          <Badge
            color={isWithdrawn(anomaly) ? 'gray' : COLORS[anomaly.severity]}
            variant="light"
            size="sm"
            className="tw-fixed"
          >
            {isWithdrawn(anomaly) ? 'withdrawn' : anomaly.severity}
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
          {props.course}
        </Text>
      </Group>
      {/* Of what was withdrawn the sentence says so. */}
      <Text size="sm" mt={2} {...(isWithdrawn(anomaly) && { c: 'dimmed' })}>
        {anomalySentence(anomaly, metric)}
      </Text>
    </div>
  );
});
