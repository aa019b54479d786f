import { Alert, Button, Group, SegmentedControl, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import type { DetectionInput, SeriesRef } from '@tidewatch/contracts';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { type Detection, loadDetection, saveDetection } from '../api/detection';
import { ApiError } from '../api/http';
import { Panel } from '../layout/panel';
import { useMetric } from '../series/metrics';
import { useSelection } from '../series/selection';
import { seriesId, unitLabel } from '../series/series';
import { useSession } from '../session/session';
import { type Draft, draftOf, type Faults, inputOf, type SensitivityChoice } from './draft';
import { PreviewResult } from './preview-result';
import { usePreview } from './use-preview';

const CHOICES: { label: string; value: SensitivityChoice }[] = [
  { label: 'As the metric', value: 'inherit' },
  { label: 'Off', value: 'off' },
  { label: 'Usual', value: 'default' },
  { label: 'Own number', value: 'number' },
];
const RANGES = [
  { label: 'Last day', value: '1', words: 'day' },
  { label: 'Last week', value: '7', words: 'week' },
];
const DAY_MS = 86_400_000;
/** Of the chart: as many as can be told apart on it. */
const POINTS = 360;

/** How the chosen series is watched, and what other settings would have raised. */
export function DetectionPanel() {
  const { series } = useSelection();
  if (series === undefined) return null;
  return (
    <Panel title="Detection">
      <DetectionOf key={seriesId(series)} series={series} />
    </Panel>
  );
}

function DetectionOf({ series }: { series: SeriesRef }) {
  const detection = useQuery({
    queryKey: ['detection', seriesId(series)],
    queryFn: ({ signal }) => loadDetection(series, signal),
    // What somebody types must not be replaced under their hands.
    refetchOnWindowFocus: false,
  });
  if (detection.isPending) return <Skeleton height={120} aria-label="Loading the settings of detection" />;
  if (detection.isError) {
    return (
      <Alert color="orange" variant="light" role="alert">
        The settings are not available: {detection.error.message}
      </Alert>
    );
  }
  if (detection.data === null) {
    return (
      <Text c="dimmed" size="sm">
        Nothing of this series is stored yet.
      </Text>
    );
  }
  return <DetectionForm key={detection.dataUpdatedAt} series={series} detection={detection.data} />;
}

function DetectionForm({ series, detection }: { series: SeriesRef; detection: Detection }) {
  const own: DetectionInput | undefined = detection.own?.item;
  const metric = useMetric(series.metric);
  const [draft, setDraft] = useState(() => draftOf(own));
  const [days, setDays] = useState('1');
  const preview = usePreview();
  const checked = inputOf(draft, settingsOf(own), settingsOf(detection.ofMetric));
  const change = (part: Partial<Draft>): void => setDraft((before) => ({ ...before, ...part }));
  const [asked, setAsked] = useState({ words: 'day', fromMs: 0, nowMs: 0 });
  const ask = (): void => {
    if (checked.input === undefined) return;
    const nowMs = Date.now();
    const fromMs = nowMs - Number(days) * DAY_MS;
    setAsked({ fromMs, nowMs, words: RANGES.find(({ value }) => value === days)!.words });
    const { seriesId } = detection;
    const range = { from: fromMs, to: nowMs, points: POINTS };
    void preview.start({ seriesId, settings: checked.input, ...range });
  };
  return (
    <Stack gap="sm">
      <SettingsFields draft={draft} change={change} faults={checked.faults ?? {}} series={series} />
      <Group gap="xs">
        <Button
          onClick={ask}
          disabled={checked.input === undefined}
          loading={preview.state?.isRunning === true}
        >
          Would it have fired?
        </Button>
        <SegmentedControl
          size="xs"
          aria-label="Range of the preview"
          data={RANGES.map(({ label, value }) => ({ label, value }))}
          value={days}
          onChange={setDays}
        />
        <SaveButton series={series} detection={detection} input={checked.input} />
      </Group>
      {preview.state && (
        <PreviewResult state={preview.state} {...asked} metric={metric} onStop={preview.stop} />
      )}
    </Stack>
  );
}

interface FieldsProps {
  readonly draft: Draft;
  readonly change: (part: Partial<Draft>) => void;
  readonly faults: Faults;
  readonly series: SeriesRef;
}

function SettingsFields({ draft, change, faults, series }: FieldsProps) {
  const metric = useMetric(series.metric);
  return (
    <>
      <Stack gap={4}>
        <SegmentedControl
          size="xs"
          aria-label="Sensitivity"
          data={CHOICES}
          value={draft.sensitivity}
          onChange={(value) => change({ sensitivity: value })}
        />
        <Text size="xs" c="dimmed">
          {EXPLANATIONS[draft.sensitivity]}
        </Text>
      </Stack>
      {draft.sensitivity === 'number' && (
        <TextInput
          label="False alarms accepted per device and week"
          inputMode="decimal"
          value={draft.alarmsPerWeek}
          error={faults.alarmsPerWeek}
          onChange={(event) => change({ alarmsPerWeek: event.currentTarget.value })}
        />
      )}
      <Group gap="sm" grow align="start">
        {(['min', 'max'] as const).map((side) => (
          <TextInput
            key={side}
            label={`${side === 'min' ? 'Least' : 'Greatest'} value in range${unitLabel(metric)}`}
            placeholder="no limit"
            inputMode="decimal"
            value={draft[side]}
            error={faults[side]}
            onChange={(event) => change({ [side]: event.currentTarget.value })}
          />
        ))}
      </Group>
    </>
  );
}

const EXPLANATIONS: Record<SensitivityChoice, string> = {
  inherit: 'What is set for the metric holds for this series.',
  off: 'The detector raises nothing. Limits hold all the same.',
  default: 'About one false alarm a week is accepted on the device; its series share it.',
  number: 'So many false alarms a week are accepted on the device; its series share them. Less is calmer.',
};

interface SaveProps {
  readonly series: SeriesRef;
  readonly detection: Detection;
  readonly input: DetectionInput | undefined;
}

function SaveButton({ series, detection, input }: SaveProps) {
  const session = useSession();
  const client = useQueryClient();
  const [said, setSaid] = useState<{ readonly text: string; readonly isConflict: boolean }>();
  const [isSaving, setIsSaving] = useState(false);
  const mayWrite = session.data?.scopes.includes('admin') === true;
  const reload = () => client.invalidateQueries({ queryKey: ['detection', seriesId(series)] });
  const save = async (): Promise<void> => {
    setIsSaving(true);
    try {
      await saveDetection(detection, input!);
      await reload();
    } catch (error) {
      const isConflict = error instanceof ApiError && error.status === 412;
      const text = error instanceof Error ? error.message : String(error);
      setSaid({ isConflict, text: isConflict ? CONFLICT : text });
    } finally {
      setIsSaving(false);
    }
  };
  return (
    <>
      <Button
        variant="default"
        onClick={() => void save()}
        loading={isSaving}
        disabled={!mayWrite || input === undefined}
      >
        Save
      </Button>
      {!mayWrite && (
        <Text size="xs" c="dimmed">
          Saving needs a key with the scope admin.
        </Text>
      )}
      {said && (
        <Alert color="orange" variant="light" role="alert" w="100%">
          {said.text}{' '}
          {said.isConflict && (
            <Button size="xs" variant="default" onClick={() => void reload()}>
              Load theirs
            </Button>
          )}
        </Alert>
      )}
    </>
  );
}

const CONFLICT = 'Somebody else has changed these settings meanwhile. Nothing was saved.';

/** Without what tells whose settings they are. */
function settingsOf(detection: DetectionInput | undefined): DetectionInput | undefined {
  if (detection === undefined) return undefined;
  const { sensitivity, limits } = detection;
  return { ...(sensitivity !== undefined && { sensitivity }), ...(limits !== undefined && { limits }) };
}
