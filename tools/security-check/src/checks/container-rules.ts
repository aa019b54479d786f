import type { Finding, Outcome } from '../finding';
import type { Subjects } from '../subjects/subjects';
import type { Container } from '../subjects/workload';

/** What must hold of each container; `fault` says what is wrong, or nothing. */
export interface ContainerRule {
  readonly name: string;
  readonly fault: (container: Container) => string | false | undefined;
}

export function checkContainers(
  check: string,
  rules: readonly ContainerRule[],
  { containers, missing }: Subjects,
): Outcome {
  const findings = containers.flatMap((container): Finding[] =>
    rules.flatMap(({ name, fault }) => {
      const message = fault(container);
      return message ? [{ rule: `${check}/${name}`, place: container.place, message }] : [];
    }),
  );
  return { findings, looked: containers.length, missed: missing };
}
