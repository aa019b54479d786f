import type { Check } from '../finding';
import { type ContainerRule, checkContainers } from './container-rules';

const NAME = 'health-probes';

const RULES: readonly ContainerRule[] = [
  {
    name: 'probes',
    fault: ({ isLasting, origin, probes }) => {
      if (!isLasting) return false;
      const wanted =
        origin === 'compose' ? (['readiness'] as const) : (['startup', 'liveness', 'readiness'] as const);
      const absent = wanted.filter((name) => probes[name] === undefined);
      if (absent.length === 0) return false;
      return origin === 'compose' ? 'It has no healthcheck.' : `No probe of ${absent.join(', ')}.`;
    },
  },
  {
    name: 'same-probe',
    fault: ({ probes: { liveness, readiness } }) =>
      liveness !== undefined &&
      liveness === readiness &&
      'Liveness asks what readiness asks: a service that waits for its database would be killed.',
  },
];

export const healthProbes: Check = {
  name: NAME,
  title: 'Health probes',
  run: (subjects) => checkContainers(NAME, RULES, subjects),
};
