import { homedir } from 'node:os';
import path from 'node:path';

/** `${XDG_CACHE_HOME:-~/.cache}/tidewatch/<name>`: shared by every checkout of this user. */
export function cacheDirectory(name: string): string {
  const cache = process.env['XDG_CACHE_HOME'] ?? path.join(homedir(), '.cache');
  return path.join(cache, 'tidewatch', name);
}
