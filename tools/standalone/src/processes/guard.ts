import { spawn } from 'node:child_process';

/** Short: with the supervisor the database goes too, and a service that is killed loses nothing. */
const GRACE_SECONDS = 5;

/**
 * Ends a process when ours is gone, kill -9 included: a shell waits for the end of its input, which is a pipe to us.
 * It is a process of its own so that it also works when the guarded one hangs or is stopped.
 */
const SCRIPT = `
read -r _
kill -TERM "$1" 2>/dev/null || exit 0
i=0
while kill -0 "$1" 2>/dev/null; do
  [ "$i" -ge ${GRACE_SECONDS * 5} ] && kill -KILL "$1" 2>/dev/null
  i=$((i + 1))
  sleep 0.2
done
`;

/** Returns the function that calls the guard off, for when the process has ended. */
export function guard(pid: number): () => void {
  const shell = spawn('/bin/sh', ['-c', SCRIPT, 'tidewatch-guard', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  shell.on('error', () => undefined);
  return () => shell.kill('SIGKILL');
}
