import type { DeviceGroup, Metric } from '@tidewatch/contracts';

type Named = Pick<Metric, 'displayName'>;

/** The same text for the same group. */
export function groupId({ tag, value, metric }: DeviceGroup): string {
  return JSON.stringify([tag, value, metric]);
}

/** The tag and its value, which stand for all devices that have it. */
function tagLabel({ tag, value }: DeviceGroup): string {
  return `${tag}=${value}`;
}

export function groupLabel(group: DeviceGroup, metric?: Named): string {
  return `${tagLabel(group)} · ${metric?.displayName ?? group.metric}`;
}

/** Groups of one tag and value, one for each metric. */
export interface TaggedGroups {
  readonly label: string;
  readonly groups: readonly DeviceGroup[];
}

const collator = new Intl.Collator('en', { numeric: true });

/** By tag, value and metric, in the order of people. */
export function groupsByTag(groups: readonly DeviceGroup[]): TaggedGroups[] {
  const tagged = new Map<string, DeviceGroup[]>();
  for (const group of groups) {
    const members = tagged.get(tagLabel(group));
    if (members === undefined) tagged.set(tagLabel(group), [group]);
    else members.push(group);
  }
  return [...tagged]
    .map(([label, members]) => ({
      label,
      groups: members.sort((a, b) => collator.compare(a.metric, b.metric)),
    }))
    .sort((a, b) => collator.compare(a.label, b.label));
}
