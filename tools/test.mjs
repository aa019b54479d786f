/**
 * `npm test`: every project of jest.config.mjs in turn (unit, int, e2e, e2e-alone), then one line `N passed, N failed, N skipped`.
 * Arguments go to jest: paths, `-t name`. `--only unit,int` chooses stages.
 */
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { tally } from './test-tally.mjs';

const root = join(import.meta.dirname, '..');
const jest = join(root, 'node_modules/jest/bin/jest.js');

/** `deadlineMinutes` is for a stage that hangs: it is ended and counts as failed. e2e starts whole platforms, two at a time, and e2e-alone one. */
const STAGES = [
  { name: 'unit', deadlineMinutes: 10, args: ['--maxWorkers=100%'] },
  // The build also makes Nx's graph of the projects, without which the rules for imports are skipped.
  { name: 'int', deadlineMinutes: 15, args: ['--maxWorkers=2'], needsBuild: true },
  { name: 'e2e', deadlineMinutes: 20, args: ['--maxWorkers=2'], needsBuild: true },
  { name: 'e2e-alone', deadlineMinutes: 10, args: ['--runInBand'], needsBuild: true },
];

function chosenStages(args) {
  const at = args.indexOf('--only');
  if (at < 0) return { stages: STAGES, filters: args };
  const names = (args[at + 1] ?? '').split(',');
  const unknown = names.find((name) => !STAGES.some((stage) => stage.name === name));
  if (unknown !== undefined) throw new Error(`--only takes unit, int, e2e and e2e-alone, not "${unknown}"`);
  return { stages: STAGES.filter((stage) => names.includes(stage.name)), filters: args.toSpliced(at, 2) };
}

/** Test files of a stage that the filters leave. */
function testFiles(stage, filters) {
  const paths = filters.filter((filter, i) => !filter.startsWith('-') && !filters[i - 1]?.startsWith('-'));
  const listed = spawnSync(
    process.execPath,
    [jest, ...paths, '--selectProjects', stage.name, '--listTests'],
    { cwd: root, encoding: 'utf8', maxBuffer: 1 << 26 },
  );
  if (listed.status !== 0) throw new Error(`jest could not list the ${stage.name} tests:\n${listed.stderr}`);
  return listed.stdout.split('\n').filter((line) => line.endsWith('.ts') || line.endsWith('.tsx')).length;
}

let interrupted = false;

/** Resolves to the exit code; null when the command had to be ended. Its whole process group is ended, not only the command. */
function run(command, args, deadlineMinutes) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { cwd: root, stdio: 'inherit', detached: true });
    const end = (signal) => {
      try {
        process.kill(-child.pid, signal);
      } catch {
        // Already gone.
      }
    };
    const interrupt = () => {
      interrupted = true;
      end('SIGINT');
    };
    const deadline = setTimeout(() => end('SIGKILL'), deadlineMinutes * 60_000);
    process.on('SIGINT', interrupt);
    process.on('SIGTERM', interrupt);
    child.on('close', (code) => {
      clearTimeout(deadline);
      process.off('SIGINT', interrupt);
      process.off('SIGTERM', interrupt);
      resolve(code);
    });
  });
}

let built;

/** Builds once in a run. Resolves to false when that fails. */
function builds() {
  built ??= run('npm', ['run', '--silent', 'build'], 10).then((code) => code === 0);
  return built;
}

async function runStage(stage, filters) {
  const folder = mkdtempSync(join(tmpdir(), 'tidewatch-test-'));
  const report = join(folder, 'report.json');
  const reporting = ['--json', `--outputFile=${report}`, '--passWithNoTests'];
  // Filters first: --selectProjects takes every word after it for a project.
  const args = [jest, ...filters, '--selectProjects', stage.name, ...reporting, ...stage.args];
  // jest --json also prints the report: its standard output goes nowhere, its progress (standard error) to the terminal.
  const code = await run(
    'sh',
    ['-c', 'exec "$@" >/dev/null', 'sh', process.execPath, ...args],
    stage.deadlineMinutes,
  );
  try {
    return tally(JSON.parse(readFileSync(report, 'utf8')), code);
  } catch {
    // No report: the global setup failed, or jest was ended.
    return { passed: 0, failed: 1, skipped: 0 };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

async function main() {
  const { stages, filters } = chosenStages(process.argv.slice(2));
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const stage of stages) {
    if (interrupted) break;
    const files = testFiles(stage, filters);
    console.error(`\n── ${stage.name}: ${files} test files`);
    if (files === 0) continue;
    const startedAt = Date.now();
    if (stage.needsBuild && !(await builds())) {
      console.error('── the build failed');
      total.failed += 1;
      continue;
    }
    const result = await runStage(stage, filters);
    for (const key of Object.keys(total)) total[key] += result[key];
    const seconds = ((Date.now() - startedAt) / 1000).toFixed(1);
    console.error(`── ${stage.name} took ${seconds} s (failed: ${result.failed})`);
  }
  const ran = total.passed + total.failed;
  if (ran === 0) console.error('── no test ran: that is a failure');
  console.log(`${total.passed} passed, ${total.failed} failed, ${total.skipped} skipped`);
  return total.failed === 0 && ran > 0 ? 0 : 1;
}

process.exitCode = await main().catch((error) => {
  console.error(error.message);
  return 2;
});
