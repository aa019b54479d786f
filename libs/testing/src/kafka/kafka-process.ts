import { type ChildProcess, spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import path from 'node:path';
import { type KafkaDistribution, kafkaClassPath } from './kafka-distribution';

const READY = 'Kafka Server started';
const START_TIMEOUT_MS = 60_000;

/** Class archives are bound to the kind of collector and to the class path, so these flags are the same everywhere. */
export function commonFlags(distribution: KafkaDistribution): string[] {
  return [
    '-XX:+UseSerialGC',
    '-Xlog:disable',
    `-Dlog4j2.configurationFile=file:${path.join(distribution.directory, 'log4j2.properties')}`,
    '-cp',
    kafkaClassPath(distribution),
  ];
}

/**
 * A broker that does not keep this process alive and does not outlive it, however it ends.
 * Its output goes to a file and not through a pipe: nobody has to read it.
 */
export function spawnBroker(flags: string[], properties: string, logFile: string): ChildProcess {
  const output = openSync(logFile, 'w');
  try {
    const child = spawn('java', [...flags, 'kafka.Kafka', properties], { stdio: ['ignore', output, output] });
    child.unref();
    if (child.pid !== undefined) endWithThisProcess(child, child.pid);
    return child;
  } finally {
    closeSync(output);
  }
}

/** A shell waits on a pipe that only this process holds: it closes also when this process is killed. */
function endWithThisProcess(child: ChildProcess, pid: number): void {
  const guard = spawn('sh', ['-c', `read _; kill -9 ${pid}`], { stdio: ['pipe', 'ignore', 'ignore'] });
  guard.unref();
  if (guard.stdin instanceof Socket) guard.stdin.unref();
  child.once('exit', () => guard.kill('SIGKILL'));
}

/** Resolves when the broker takes requests. Throws, with the end of its log, when it ends instead or takes a minute. */
export async function untilReady(child: ChildProcess, logFile: string): Promise<void> {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const log = readFileSync(logFile, 'utf8');
    if (log.includes(READY)) return;
    const ended = child.exitCode !== null || child.signalCode !== null;
    if (ended || Date.now() > deadline) {
      if (!ended) await end(child, 'SIGKILL');
      throw new Error(`Kafka did not start; the end of ${logFile}:\n${log.slice(-2000)}`);
    }
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

/** Sends the signal and resolves when the process is gone. */
export function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) {
      resolve();
      return;
    }
    // The broker keeps nobody alive, but whoever waits for its end has to live to see it: jest's teardown would break off without a word.
    child.ref();
    child.once('exit', () => resolve());
    child.kill(signal);
  });
}
