/**
 * `npm start` and `npm run demo`: checks Node.js, builds, then runs tools/standalone in this very process. The scripts say `exec`, so that
 * npm's shell does not stand between either: it would keep the signals that npm passes on, and hide that npm is gone.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';

const MINIMUM = [20, 19];
const root = fileURLToPath(new URL('..', import.meta.url));

function fail(line) {
  console.error(line);
  process.exit(1);
}

const [major, minor] = process.versions.node.split('.').map(Number);
if (major < MINIMUM[0] || (major === MINIMUM[0] && minor < MINIMUM[1])) {
  fail(`Tidewatch needs Node.js ${MINIMUM.join('.')} or newer; this is ${process.versions.node}.`);
}
if (!existsSync(`${root}node_modules/nx`)) fail('The packages are not installed: run npm ci first.');

const asksForHelp = process.argv.slice(2).some((word) => word === '--help' || word === '-h');
if (!asksForHelp || !existsSync(`${root}dist/tools/standalone/src/main.js`)) {
  const build = spawnSync(process.execPath, [`${root}tools/build.mjs`], { stdio: ['ignore', 2, 2] });
  if (build.signal) process.exit(130);
  if (build.status !== 0) process.exit(1);
}
createRequire(import.meta.url)('../dist/tools/standalone/src/main.js');
