import path from 'node:path';
import { StartError } from '../errors';
import { LineLimit, consoleLine } from '../processes/console-lines';
import { LogFile } from '../processes/log-file';
import { PidFile } from '../processes/pid-file';
import { type ProcessPlan, ServiceProcess } from '../processes/service-process';
import { waitReady } from './readiness';

const READY_DEADLINE_MS = 90_000;
/** A service that dies this often before it was ever ready will not come up by itself. */
const DEATHS_BEFORE_GIVING_UP = 3;
/** Services end by themselves within 25 s. */
const STOP_GRACE_MS = 30_000;

export interface GroupOptions {
  readonly logs: string;
  readonly run: string;
  readonly say: (line: string) => void;
}

/** The child processes: their logs, their `run/<id>.pid` files, their readiness and their end. */
export class ServiceGroup {
  private readonly members = new Map<string, ServiceProcess>();
  private readonly lastWords = new Map<string, string>();
  private stopping = false;

  constructor(private readonly options: GroupOptions) {}

  /** Does nothing once the end has begun. */
  start(plan: ProcessPlan): void {
    if (this.stopping) return;
    const { id } = plan;
    const { say } = this.options;
    const logFile = path.join(this.options.logs, `${id}.log`);
    const log = new LogFile(logFile);
    const limit = new LineLimit();
    const pidFile = new PidFile(this.options.run, id);
    const member = new ServiceProcess(plan, {
      started: (pid) => pidFile.write(pid),
      line: (line) => {
        log.write(line);
        const shown = consoleLine(id, line);
        if (shown === null) return;
        this.lastWords.set(id, shown);
        for (const out of limit.pass(shown, logFile)) say(out);
      },
      died: (how, restartMs) => {
        pidFile.remove();
        say(`${id} ended unexpectedly (${how}); starting it again in ${restartMs / 1000} s`);
      },
    });
    this.members.set(id, member);
    member.start();
  }

  /** Waits for `/readyz`. Throws `StartError` with the service's last words when it does not come up. */
  async ready(id: string, url: string): Promise<void> {
    const { say, logs } = this.options;
    const startedAt = Date.now();
    const givenUp = () => this.stopping || (this.members.get(id)?.deaths ?? 0) >= DEATHS_BEFORE_GIVING_UP;
    const fault = await waitReady(url, READY_DEADLINE_MS, givenUp);
    if (fault === null) {
      say(`${id} is ready (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
      return;
    }
    const log = path.join(logs, `${id}.log`);
    throw new StartError(`${id} does not start: ${this.lastWords.get(id) ?? fault}. Its log: ${log}`);
  }

  /** Ends the named processes at the same time; unknown names are skipped. */
  async stop(ids: readonly string[]): Promise<void> {
    this.stopping = true;
    await Promise.all(ids.map((id) => this.stopOne(id)));
  }

  killAll(): void {
    for (const member of this.members.values()) member.kill();
  }

  private async stopOne(id: string): Promise<void> {
    const member = this.members.get(id);
    if (member === undefined) return;
    const startedAt = Date.now();
    const graceful = await member.stop(STOP_GRACE_MS);
    new PidFile(this.options.run, id).remove();
    const how = graceful ? 'stopped' : 'had to be killed';
    this.options.say(`${id} ${how} (${((Date.now() - startedAt) / 1000).toFixed(1)} s)`);
  }
}
