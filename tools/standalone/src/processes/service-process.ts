import { type ChildProcess, spawn } from 'node:child_process';
import { Backoff } from './backoff';
import { guard } from './guard';
import { LineSplitter } from './line-splitter';

export interface ProcessPlan {
  /** The service's name; later instances of the same service have a number behind it. */
  readonly id: string;
  /** Script for Node.js and its arguments. Nothing secret: everybody on the machine sees it. */
  readonly args: readonly string[];
  /**
   * The whole environment. `FAIL_POINT` may be a comma-separated list: the first life gets the first one, and so on until
   * none is left, or a restarted service would die again and again.
   */
  readonly env: Readonly<Record<string, string>>;
}

export interface ProcessEvents {
  started(pid: number): void;
  line(line: string): void;
  /** The process ended without being asked; it is started again after `restartMs`. */
  died(how: string, restartMs: number): void;
}

/** A child process that is kept running until `stop`. */
export class ServiceProcess {
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();
  private restart: NodeJS.Timeout | undefined;
  private stopping = false;
  private unasked = 0;
  private readonly backoff = new Backoff();

  constructor(
    readonly plan: ProcessPlan,
    private readonly events: ProcessEvents,
  ) {}

  /** How often it ended without being asked. */
  get deaths(): number {
    return this.unasked;
  }

  get pid(): number | undefined {
    return this.child?.pid;
  }

  start(): void {
    if (this.stopping) return;
    this.restart = undefined;
    const startedAt = Date.now();
    const env = { ...this.plan.env };
    const failPoint = env['FAIL_POINT']?.split(',')[this.unasked];
    delete env['FAIL_POINT'];
    if (failPoint !== undefined) env['FAIL_POINT'] = failPoint;
    const child = spawn(process.execPath, [...this.plan.args], {
      env,
      // A group of its own: Ctrl-C reaches the supervisor, which decides in which order things stop.
      detached: true,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child = child;
    this.forwardLines(child);
    const callOff = child.pid === undefined ? () => undefined : guard(child.pid);
    if (child.pid !== undefined) this.events.started(child.pid);
    this.ended = new Promise((resolve) => {
      const onEnd = (how: string) => {
        callOff();
        this.child = undefined;
        if (!this.stopping) this.scheduleRestart(how, Date.now() - startedAt);
        resolve();
      };
      child.once('exit', (code, signal) => onEnd(signal === null ? `exit code ${code}` : signal));
      child.once('error', (error) => {
        if (child.pid === undefined) onEnd(error.message);
      });
    });
  }

  /** Asks the process to end, and ends it after the grace. Resolves to false when it had to be ended. */
  async stop(graceMs: number): Promise<boolean> {
    this.stopping = true;
    clearTimeout(this.restart);
    let graceful = true;
    const late = setTimeout(() => {
      graceful = false;
      this.kill();
    }, graceMs);
    this.child?.kill('SIGTERM');
    await this.ended;
    clearTimeout(late);
    return graceful;
  }

  kill(): void {
    this.stopping = true;
    clearTimeout(this.restart);
    this.child?.kill('SIGKILL');
  }

  private scheduleRestart(how: string, lifetimeMs: number): void {
    this.unasked += 1;
    const delay = this.backoff.next(lifetimeMs);
    this.restart = setTimeout(() => this.start(), delay);
    this.events.died(how, delay);
  }

  private forwardLines(child: ChildProcess): void {
    for (const stream of [child.stdout, child.stderr]) {
      const lines = new LineSplitter((line) => this.events.line(line));
      stream?.on('data', (chunk: Buffer) => lines.push(chunk));
      stream?.on('end', () => lines.end());
      stream?.on('error', () => undefined);
    }
  }
}
