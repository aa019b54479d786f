/**
 * `npm run build`: every project that changed, into dist/. Tells how far it is in one line (which grows, on a terminal), and shows what Nx and
 * the compilers said only when the build fails.
 */
import { spawn } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const { stderr } = process;
const startedAt = Date.now();

stderr.write(stderr.isTTY ? 'Building …' : 'Building …\n');
const nx = spawn(join(root, 'node_modules/.bin/nx'), ['run-many', '-t', 'build', '--outputStyle=static'], {
  cwd: root,
  stdio: ['ignore', 'pipe', 'pipe'],
});
let output = '';
for (const stream of [nx.stdout, nx.stderr]) {
  stream.setEncoding('utf8').on('data', (text) => {
    output += text;
    const done = output.match(/> nx run \S+:build/g)?.length ?? 0;
    if (stderr.isTTY && done > 0) stderr.write(`\r\x1b[KBuilding … ${done} projects done`);
  });
}
const code = await new Promise((resolve) => {
  nx.once('close', resolve);
  nx.once('error', (error) => {
    output += `${error.message}\n`;
    resolve(1);
  });
});
if (stderr.isTTY) stderr.write('\r\x1b[K');
stderr.write(
  code === 0
    ? `Built (${((Date.now() - startedAt) / 1000).toFixed(1)} s)\n`
    : `${output}\nThe build failed; see above.\n`,
);
process.exitCode = code === 0 ? 0 : 1;
