import { Code, ScrollArea, Skeleton, Text, UnstyledButton } from '@mantine/core';
import type { DeviceGroup } from '@tidewatch/contracts';
import { useMemo, useState } from 'react';
import { Panel } from '../layout/panel';
import { useSubscription } from '../live/live-context';
import { useMetrics } from '../series/metrics';
import { useSelection } from '../series/selection';
import { groupId, groupLabel, type TaggedGroups, groupsByTag } from './group';

/** Groups of devices by their tags, to choose one for the chart. */
export function GroupsPanel() {
  const [known, setKnown] = useState<{ groups: readonly DeviceGroup[]; more: number }>();
  useSubscription('groups', { view: 'groups' }, (body) => {
    if (body.view === 'groups') setKnown(body);
  });
  const tagged = useMemo(() => groupsByTag(known?.groups ?? []), [known]);
  return (
    <Panel title="Groups">
      {known === undefined && <Skeleton height={40} aria-label="Loading groups" />}
      {known?.groups.length === 0 && (
        <Text c="dimmed" size="sm">
          No group has sent anything lately. Set <Code>GROUP_TAGS</Code> of processing to tags of your
          readings, such as <Code>site,line</Code>, to see all devices of a site or a line together.
        </Text>
      )}
      <ScrollArea.Autosize mah="min(20rem, 50dvh)" type="auto" offsetScrollbars="y">
        <ul className="tw-plain-list">
          {tagged.map((one) => (
            <TagItem key={one.label} of={one} />
          ))}
        </ul>
      </ScrollArea.Autosize>
      {known !== undefined && known.more > 0 && (
        <Text size="xs" c="dimmed">
          and {known.more.toLocaleString('en')} more
        </Text>
      )}
    </Panel>
  );
}

function TagItem({ of }: { of: TaggedGroups }) {
  const { group: chosen, chooseGroup } = useSelection();
  const metrics = useMetrics();
  const chosenId = chosen && groupId(chosen);
  return (
    <li className="tw-tag">
      <Text span size="sm" fw={600} className="tw-device">
        {of.label}
      </Text>
      {of.groups.map((group) => {
        const metric = metrics.get(group.metric);
        return (
          <UnstyledButton
            key={group.metric}
            className="tw-link"
            aria-pressed={groupId(group) === chosenId}
            aria-label={`Show ${groupLabel(group, metric)} in the chart`}
            onClick={() => chooseGroup(group)}
          >
            {metric?.displayName ?? group.metric}
          </UnstyledButton>
        );
      })}
    </li>
  );
}
