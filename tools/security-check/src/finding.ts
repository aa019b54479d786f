import type { Subjects } from './subjects/subjects';

/** Where a fault is: a file below the root, or an address; which thing in it, such as `Deployment/gateway, container gateway`. */
export interface Place {
  readonly file: string;
  readonly line?: number;
  readonly subject?: string;
}

export interface Finding {
  /** `<check>/<rule>`. */
  readonly rule: string;
  readonly place: Place;
  /** What is wrong and what is right, one sentence or two. */
  readonly message: string;
}

/** What a check found, how many things it looked at, and what it could not look at, with the reason. */
export interface Outcome {
  readonly findings: readonly Finding[];
  readonly looked: number;
  readonly missed: readonly string[];
}

export interface Check {
  readonly name: string;
  readonly title: string;
  run(subjects: Subjects): Outcome | Promise<Outcome>;
}
