import { type ChildProcess, spawn } from 'node:child_process';

/**
 * Stops the server (fast shutdown) when our process ends in any way, kill -9 included: a shell that waits for the end of its input,
 * which is a pipe to us. With `removeDir` it then deletes that folder.
 */
const SCRIPT = `
read -r _
kill -INT "$1" 2>/dev/null
[ -n "$2" ] || exit 0
while kill -0 "$1" 2>/dev/null; do sleep 0.2; done
rm -rf -- "$2"
`;

/** Returns a function that calls the watchdog off. */
export function startWatchdog(pid: number, removeDir?: string): () => void {
  if (process.platform === 'win32') return () => undefined;
  const watchdog = spawn(
    '/bin/sh',
    ['-c', SCRIPT, 'tidewatch-postgres-watchdog', String(pid), removeDir ?? ''],
    {
      // Its own group: Ctrl-C reaches us, and we decide in which order things stop.
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    },
  );
  watchdog.on('error', () => undefined);
  unref(watchdog);
  return () => watchdog.kill('SIGKILL');
}

function unref(child: ChildProcess): void {
  child.unref();
  (child.stdin as unknown as { unref?(): void } | null)?.unref?.();
}
