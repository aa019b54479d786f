import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { expect, test } from '@jest/globals';

/** Compiles what is required, as the build does. */
const COMPILE = `
  const swc = require('@swc/core');
  require.extensions['.ts'] = (module, file) => module._compile(swc.transformFileSync(file).code, file);`;

test('who waits for the end of a broker lives to see it, with nothing else to do', () => {
  const script = `${COMPILE}
    const { end } = require(${JSON.stringify(path.join(__dirname, 'kafka-process.ts'))});
    const child = require('node:child_process').spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)']);
    for (const part of [child, child.stdin, child.stdout, child.stderr]) part.unref();
    child.once('spawn', () => end(child, 'SIGKILL').then(() => console.log('seen')));`;
  const output = execFileSync(process.execPath, ['-e', script], {
    cwd: path.resolve(__dirname, '../../../..'),
    encoding: 'utf8',
  });
  expect(output).toBe('seen\n');
});
