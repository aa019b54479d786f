import { readFileSync, readdirSync } from 'node:fs';

const TICKS_PER_SECOND = 100;

export interface Usage {
  /** Processor time of the process and the children it has waited for, seconds. */
  readonly cpuSeconds: number;
  /** Resident memory, MiB; a page that several processes share counts in each of them by its part. */
  readonly residentMiB: number;
}

function statFields(pid: number): string[] | null {
  try {
    const stat = readFileSync(`/proc/${String(pid)}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  } catch {
    return null;
  }
}

function residentKiB(pid: number): number {
  try {
    const rollup = readFileSync(`/proc/${String(pid)}/smaps_rollup`, 'latin1');
    return Number(/^Pss:\s+(\d+)/m.exec(rollup)?.[1] ?? 0);
  } catch {
    return 0;
  }
}

/** Usage of one process, or null where there is no /proc or the process has ended. */
function usageOfProcess(pid: number): Usage | null {
  const fields = statFields(pid);
  if (fields === null) return null;
  const ticks = [11, 12, 13, 14].reduce((sum, at) => sum + Number(fields[at]), 0);
  return { cpuSeconds: ticks / TICKS_PER_SECOND, residentMiB: residentKiB(pid) / 1024 };
}

/** Usage of a process and its living children: PostgreSQL is one process per connection. */
export function usageOf(pid: number): Usage {
  const children = readdirSync('/proc').filter(
    (name) => /^\d+$/.test(name) && statFields(Number(name))?.[1] === String(pid),
  );
  const all = [pid, ...children.map(Number)].map(usageOfProcess).filter((usage) => usage !== null);
  return {
    cpuSeconds: all.reduce((sum, usage) => sum + usage.cpuSeconds, 0),
    residentMiB: all.reduce((sum, usage) => sum + usage.residentMiB, 0),
  };
}
