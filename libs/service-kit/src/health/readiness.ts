const CHECK_DEADLINE_MS = 3_000;

export interface CheckResult {
  readonly name: string;
  readonly up: boolean;
  /** Why it is down. */
  readonly message?: string;
}

/** What must work for the service to be given requests. Liveness never depends on it. */
export class Readiness {
  private readonly checks = new Map<string, () => Promise<void>>();
  private stopping = false;
  private isStarted = false;

  /** Adds a check: it rejects (or does not answer within three seconds) while the service cannot do its work. */
  add(name: string, check: () => Promise<void>): void {
    if (this.checks.has(name)) throw new Error(`readiness check ${name} exists already`);
    this.checks.set(name, check);
  }

  /** Every port is open. Stays true. */
  get started(): boolean {
    return this.isStarted;
  }

  /** The service listens, on all of its ports. */
  start(): void {
    this.isStarted = true;
  }

  /** From now on the service is not ready, whatever the checks say. */
  stop(): void {
    this.stopping = true;
  }

  get isStopping(): boolean {
    return this.stopping;
  }

  /** Runs all checks side by side. */
  async run(): Promise<CheckResult[]> {
    if (this.stopping) return [{ name: 'shutdown', up: false, message: 'the service is stopping' }];
    return Promise.all([...this.checks].map(([name, check]) => runCheck(name, check)));
  }
}

async function runCheck(name: string, check: () => Promise<void>): Promise<CheckResult> {
  let timer: NodeJS.Timeout | undefined;
  const deadline = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('no answer in time')), CHECK_DEADLINE_MS);
  });
  try {
    await Promise.race([check(), deadline]);
    return { name, up: true };
  } catch (error) {
    return { name, up: false, message: error instanceof Error ? error.message : String(error) };
  } finally {
    clearTimeout(timer);
  }
}
