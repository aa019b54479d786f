import { type ChildProcess, execFileSync, execSync, spawn } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readDockerfile, ROOT } from './dockerfile';
import { fetchNode } from './node-distribution';

export const APPS = ['gateway', 'ingestion', 'processing', 'storage', 'dashboard', 'simulator'] as const;
export type App = (typeof APPS)[number];

export const plan = readDockerfile();
const isRoot = process.getuid?.() === 0;
const [uid, gid] = plan.user.split(':').map(Number) as [number, number];

/**
 * What the images would hold, put together as the Dockerfile says and run as the Dockerfile says, for there is no container engine in a test: with
 * the Node of the image, as its user (where root runs the tests), on files which that user cannot write.
 */
export class ImageFiles {
  /** What the processes have said, by app. */
  readonly said: string[] = [];
  private readonly running = new Set<ChildProcess>();

  private constructor(readonly folder: string) {}

  static assemble(): ImageFiles {
    const folder = mkdtempSync(path.join(tmpdir(), 'tidewatch-image-'));
    chmodSync(folder, 0o755);
    const files = new ImageFiles(folder);
    cpSync(fetchNode(plan.nodeVersion), path.join(folder, 'node'));
    for (const name of ['package.json', 'package-lock.json', '.npmrc'])
      copyFileSync(path.join(ROOT, name), path.join(folder, name));
    for (const command of plan.packageCommands) execSync(command, { cwd: folder, stdio: 'pipe' });
    const assemble = path.join(ROOT, 'tools/assemble-image.mjs');
    for (const app of APPS)
      execFileSync(process.execPath, [assemble, app, path.join(folder, app)], { stdio: 'pipe' });
    // Where these processes own the files, only this keeps them from writing.
    if (!isRoot) execFileSync('chmod', ['-R', 'ug-w', folder]);
    return files;
  }

  /** Starts Node with arguments of the image's, in the folder and with the environment of the image's. */
  run(app: App, args: readonly string[], env: Readonly<Record<string, string>>): ChildProcess {
    const child = spawn(path.join(this.folder, 'node'), [...args], {
      cwd: path.join(this.folder, app),
      env: { ...plan.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(isRoot ? { uid, gid } : {}),
    });
    this.running.add(child);
    child.once('exit', () => this.running.delete(child));
    for (const stream of [child.stdout, child.stderr])
      stream.on('data', (chunk: Buffer) => this.said.push(`${app}: ${chunk.toString().trim()}`));
    return child;
  }

  remove(): void {
    for (const child of this.running) child.kill('SIGKILL');
    execFileSync('chmod', ['-R', 'u+w', this.folder]);
    rmSync(this.folder, { recursive: true, force: true });
  }
}

export function ended(child: ChildProcess): Promise<number | null> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve(child.exitCode);
    else child.once('close', (code) => resolve(code));
  });
}
