import type { Place } from '../finding';

/** A container of a chart or a Compose file, as far as the checks look at it. What the file does not say is as the engine takes it then. */
export interface Container {
  readonly origin: 'kubernetes' | 'compose';
  readonly place: Place;
  readonly image: string;
  /** Meant to go on for ever: neither a job nor an init container. */
  readonly isLasting: boolean;
  readonly isPrivileged: boolean;
  readonly maySeizePrivileges: boolean;
  readonly dropsAllCapabilities: boolean;
  readonly addedCapabilities: readonly string[];
  readonly hasReadOnlyRoot: boolean;
  readonly hasSeccompProfile: boolean;
  /** Namespaces, ports and paths of the host that it is let into. */
  readonly hostAccess: readonly string[];
  readonly runsAsNonRoot: boolean;
  /** Undefined: as the image has it. */
  readonly userId: number | undefined;
  readonly hasServiceAccountToken: boolean;
  readonly hasMemoryLimit: boolean;
  /** A request for CPU and memory in Kubernetes, a limit of processes in Compose. */
  readonly hasReservation: boolean;
  /** Volumes in memory or on the node that may grow without end. */
  readonly unboundedVolumes: readonly string[];
  /** Each probe as text, so that they can be compared. */
  readonly probes: Readonly<Partial<Record<'startup' | 'liveness' | 'readiness', string>>>;
  /** Variables whose value stands in the file. */
  readonly literals: Readonly<Record<string, string>>;
  /** Variables taken from a secret, so that its value is in the environment. */
  readonly secretVariables: readonly string[];
}
