import type { Check } from '../finding';
import { type ContainerRule, checkContainers } from './container-rules';

const NAME = 'security-contexts';

const RULES: readonly ContainerRule[] = [
  {
    name: 'privileged',
    fault: ({ isPrivileged }) => isPrivileged && 'It is privileged: it is root on the host.',
  },
  {
    name: 'privilege-escalation',
    fault: ({ maySeizePrivileges, origin }) =>
      maySeizePrivileges &&
      `A process may gain privileges: set ${origin === 'compose' ? 'security_opt: [no-new-privileges:true]' : 'allowPrivilegeEscalation: false'}.`,
  },
  {
    name: 'capabilities',
    fault: ({ dropsAllCapabilities, addedCapabilities }) => {
      if (!dropsAllCapabilities) return 'It keeps capabilities of the engine: drop ALL.';
      return addedCapabilities.length > 0 && `It adds capabilities: ${addedCapabilities.join(', ')}.`;
    },
  },
  {
    name: 'read-only-root',
    fault: ({ hasReadOnlyRoot }) =>
      !hasReadOnlyRoot && 'Its root file system can be written: make it read-only.',
  },
  {
    name: 'seccomp',
    fault: ({ hasSeccompProfile }) =>
      !hasSeccompProfile && 'No seccomp profile: set seccompProfile.type to RuntimeDefault.',
  },
  {
    name: 'host-access',
    fault: ({ hostAccess }) => hostAccess.length > 0 && `It is let into the host: ${hostAccess.join(', ')}.`,
  },
];

export const securityContexts: Check = {
  name: NAME,
  title: 'Security contexts',
  run: (subjects) => checkContainers(NAME, RULES, subjects),
};
