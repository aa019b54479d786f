/**
 * `npm start` and `npm run demo`: checks Node.js, builds, then runs tools/standalone in this very process, so that signals
 * which npm passes on reach the supervisor and no shell stands between.
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

const asked = process.argv.slice(2);
if (!asked.includes('--help') && !asked.includes('-h')) {
  console.error('Building …');
  const build = spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: ['ignore', 2, 2] });
  if (build.signal) process.exit(130);
  if (build.status !== 0) fail('The build failed; see above.');
} else if (!existsSync(`${root}dist/tools/standalone/src/main.js`)) {
  spawnSync('npm', ['run', '--silent', 'build'], { cwd: root, stdio: 'ignore' });
}
createRequire(import.meta.url)('../dist/tools/standalone/src/main.js');
