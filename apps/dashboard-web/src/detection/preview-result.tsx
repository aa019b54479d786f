import { Alert, Badge, Button, Group, Stack, Text } from '@mantine/core';
import { anomalySentence, type PreviewEpisode, type PreviewSummary } from '@tidewatch/contracts';
import { formatTime, type Measure } from '../series/format';
import { useMetric } from '../series/metrics';
import { PreviewChart } from './preview-chart';
import type { PreviewState } from './use-preview';

const SHOWN = 50;
const LABELS = { new: 'new', kept: 'as now', gone: 'gone' } as const;
const COLORS = { new: 'orange', kept: 'gray', gone: 'blue' } as const;

interface Props {
  readonly state: PreviewState;
  /** The range in words, such as "day". */
  readonly words: string;
  readonly fromMs: number;
  readonly nowMs: number;
  readonly metric: Measure;
  readonly onStop: () => void;
}

/** What a preview has found so far, and in the end. */
export function PreviewResult({ state, words, fromMs, nowMs, metric, onStop }: Props) {
  const { isRunning, progress, episodes, summary, error } = state;
  const expected = progress?.expectedReadings;
  const share = progress && expected ? Math.min(1, progress.readings / expected) : undefined;
  return (
    <Stack gap="xs" mt="sm">
      {isRunning && (
        <Group gap="sm" wrap="nowrap">
          <progress
            className="tw-progress"
            aria-label="Readings replayed"
            {...(share !== undefined && { value: share })}
          />
          <Button size="xs" variant="default" onClick={onStop} className="tw-fixed">
            Stop
          </Button>
        </Group>
      )}
      {error !== undefined && (
        <Alert color="orange" variant="light" role="alert">
          {error}
        </Alert>
      )}
      <Text size="sm" role="status" data-testid="preview-summary">
        {summary && summaryText(summary, words)}
      </Text>
      {summary && (
        <PreviewChart
          state={state}
          fromMs={fromMs}
          toMs={nowMs}
          summary={summaryText(summary, words)}
          metric={metric}
        />
      )}
      <ol className="tw-plain-list tw-anomalies" aria-label="Anomalies by these settings">
        {episodes.slice(0, SHOWN).map((line) => (
          <Episode key={`${line.episode.id} ${line.raisedBy[0]}`} line={line} nowMs={nowMs} />
        ))}
      </ol>
      {episodes.length > SHOWN && (
        <Text size="xs" c="dimmed">
          and {episodes.length - SHOWN} more
        </Text>
      )}
    </Stack>
  );
}

function Episode({ line, nowMs }: { line: PreviewEpisode; nowMs: number }) {
  const metric = useMetric(line.episode.series.metric);
  const change = changeOf(line);
  return (
    <li data-change={change}>
      <Group gap="xs" justify="space-between" wrap="nowrap">
        <Group gap="xs" wrap="nowrap">
          <Badge color={COLORS[change]} variant="light" size="sm" tt="none">
            {LABELS[change]}
          </Badge>
          <Text size="sm">{line.episode.severity}</Text>
        </Group>
        <Text component="time" dateTime={line.episode.began} size="xs" c="dimmed">
          {formatTime(Date.parse(line.episode.began), nowMs)}
        </Text>
      </Group>
      <Text size="sm" mt={2}>
        {anomalySentence(line.episode, metric)}
      </Text>
    </li>
  );
}

/** Against the settings of now: an anomaly that was stored by earlier ones counts as gone, too. */
function changeOf({ raisedBy }: PreviewEpisode): keyof typeof LABELS {
  if (!raisedBy.includes('tried')) return 'gone';
  return raisedBy.includes('inForce') ? 'kept' : 'new';
}

function summaryText(summary: PreviewSummary, words: string): string {
  const { tried, inForce, comparedWithInForce: compared, stopped } = summary;
  const count = tried.episodes === 1 ? '1 anomaly' : `${tried.episodes} anomalies`;
  const now = inForce.episodes === 1 ? '1' : String(inForce.episodes);
  const rate = Number(tried.alarmsPerWeek.toPrecision(2)).toLocaleString('en');
  const end =
    stopped === null ? '' : ` It stopped at a bound (${stopped.reason}): this is not the whole ${words}.`;
  return `In the last ${words}: ${count} by these settings, ${now} by those in force; ${compared.new} new, ${compared.gone} gone. At this rate ${rate} a week.${end}`;
}
