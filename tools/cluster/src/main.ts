import { findings, say } from './lint/lint';
import { staleDocs, writeDocs } from './docs';
import { staleExamples, writeExamples } from './examples';

const USAGE = `Checks of the Helm chart; needs tools/cluster/install.sh.

  chart lint                  every linter over every shape of ci/; exit code 1 for a finding that exemptions.yaml has not
  chart docs [--check]        writes what is generated: README.md, the names of settings in values.schema.json, and files/ (alerts, dashboards)
  chart examples [--check]    writes examples/, what the chart renders to
`;

function main([command, ...options]: readonly string[]): number {
  const checks = options.includes('--check');
  const stale = { docs: staleDocs, examples: staleExamples }[command ?? ''];
  if (command === '--help' || command === '-h') {
    process.stdout.write(USAGE);
    return 0;
  }
  if (command === 'lint') {
    const found = findings();
    for (const finding of found) process.stderr.write(`${say(finding)}\n`);
    process.stdout.write(`${found.length} findings\n`);
    return found.length === 0 ? 0 : 1;
  }
  if (stale === undefined) {
    process.stderr.write(USAGE);
    return 2;
  }
  if (checks) {
    const names = stale();
    if (names.length > 0)
      process.stderr.write(`not current: ${names.join(', ')}. Run: npm run chart -- ${String(command)}\n`);
    return names.length === 0 ? 0 : 1;
  }
  if (command === 'docs') writeDocs();
  else writeExamples();
  return 0;
}

try {
  process.exitCode = main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`chart: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
}
