import type { Check } from '../finding';
import { type ContainerRule, checkContainers } from './container-rules';

const NAME = 'resource-limits';

const RULES: readonly ContainerRule[] = [
  {
    name: 'memory-limit',
    fault: ({ hasMemoryLimit }) => !hasMemoryLimit && 'It may take all memory of the machine: set a limit.',
  },
  {
    name: 'reservation',
    fault: ({ hasReservation, origin }) =>
      !hasReservation &&
      (origin === 'compose'
        ? 'It may start processes without end: set pids_limit.'
        : 'It has no place of its own: request CPU and memory.'),
  },
  {
    name: 'volume-size',
    fault: ({ unboundedVolumes }) =>
      unboundedVolumes.length > 0 && `Volumes that may grow without end: ${unboundedVolumes.join(', ')}.`,
  },
];

export const resourceLimits: Check = {
  name: NAME,
  title: 'Resource limits',
  run: (subjects) => checkContainers(NAME, RULES, subjects),
};
