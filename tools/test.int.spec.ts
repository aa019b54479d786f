import { spawnSync } from 'node:child_process';
import { describe, expect, test } from '@jest/globals';

interface Suite {
  status: string;
  assertionResults: { status: string }[];
}

/** The tally is plain ESM, as `npm test` needs it without a build: it is asked in a process of its own. */
function tally(testResults: Suite[], exitCode: number): unknown {
  const script = `import { tally } from './tools/test-tally.mjs';
    console.log(JSON.stringify(tally(${JSON.stringify({ testResults })}, ${exitCode})));`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], { encoding: 'utf8' });
  return JSON.parse(run.stdout);
}
const tests = (...statuses: string[]) => statuses.map((status) => ({ status }));

describe('the tally of npm test', () => {
  test('counts tests by outcome; pending and todo are skipped', () => {
    const assertionResults = tests('passed', 'passed', 'failed', 'pending', 'todo');
    expect(tally([{ status: 'failed', assertionResults }], 1)).toEqual({ passed: 2, failed: 1, skipped: 2 });
  });

  test('a suite that did not run, or whose hook threw, is one failure', () => {
    const suites = [
      { status: 'failed', assertionResults: [] },
      { status: 'failed', assertionResults: tests('passed') },
      { status: 'passed', assertionResults: tests('passed') },
    ];
    expect(tally(suites, 1)).toEqual({ passed: 2, failed: 2, skipped: 0 });
  });

  test('an exit code which the report does not explain is one failure', () => {
    expect(tally([{ status: 'passed', assertionResults: tests('passed') }], 1)).toEqual({
      passed: 1,
      failed: 1,
      skipped: 0,
    });
  });

  test('a run without any test fails', () => {
    const run = spawnSync(process.execPath, ['tools/test.mjs', '--only', 'unit', 'no/such/path'], {
      encoding: 'utf8',
    });
    expect(run.stdout).toBe('0 passed, 0 failed, 0 skipped\n');
    expect(run.status).toBe(1);
  });
});
