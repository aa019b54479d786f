/** In this order, after the port is closed: no new work, finish what was taken, make it durable, let go. */
export const SHUTDOWN_PHASES = ['stop-taking', 'flush', 'commit', 'close'] as const;
export type ShutdownPhase = (typeof SHUTDOWN_PHASES)[number];

interface Step {
  readonly phase: ShutdownPhase;
  readonly name: string;
  readonly run: () => Promise<void>;
}

/** What the parts of a service want done before the process ends. */
export class Shutdown {
  private readonly steps: Step[] = [];

  /** Adds a step. Steps of one phase run side by side, and a phase begins when the one before has ended. */
  add(phase: ShutdownPhase, name: string, run: () => Promise<void>): void {
    this.steps.push({ phase, name, run });
  }

  /** Runs all phases; a step that fails is reported and does not keep the others from running. Resolves to the number of failures. */
  async run(onFailure: (step: string, error: unknown) => void): Promise<number> {
    let failures = 0;
    for (const phase of SHUTDOWN_PHASES) {
      const steps = this.steps.filter((step) => step.phase === phase);
      const results = await Promise.allSettled(steps.map(async (step) => step.run()));
      results.forEach((result, index) => {
        if (result.status === 'fulfilled') return;
        failures += 1;
        onFailure(`${phase}: ${steps[index]!.name}`, result.reason);
      });
    }
    return failures;
  }
}
