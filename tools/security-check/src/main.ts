import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { type Report, audit } from './audit';
import { CHECKS } from './checks';
import { readExemptions } from './exemptions';
import { type Options, USAGE, parseOptions } from './options';
import { sarifReport } from './report/sarif';
import { textReport } from './report/text';
import { gatherSubjects } from './subjects/subjects';

const EXEMPTIONS = 'tools/security-check/exemptions.yaml';
const COULD_NOT_RUN = 2;

async function main(): Promise<number> {
  const options = parseOptions(process.argv.slice(2), process.cwd());
  if (options === null) {
    process.stdout.write(USAGE);
    return 0;
  }
  const exemptions = readExemptions(path.join(options.root, EXEMPTIONS));
  const report = await audit(CHECKS, gatherSubjects(options), exemptions);
  print(report, options);
  return isSound(report, options) ? 0 : 1;
}

function print(report: Report, { isJson, sarif }: Options): void {
  process.stdout.write(isJson ? `${JSON.stringify(report, null, 2)}\n` : `${textReport(report)}\n`);
  if (sarif !== undefined) writeFileSync(sarif, `${JSON.stringify(sarifReport(report), null, 2)}\n`);
}

function isSound({ checks, staleExemptions }: Report, { requireAll }: Options): boolean {
  return (
    staleExemptions.length === 0 &&
    checks.every(({ findings, missed }) => findings.length === 0 && (missed.length === 0 || !requireAll))
  );
}

main().then(
  (code) => (process.exitCode = code),
  (error: unknown) => {
    process.stderr.write(`security-check: ${error instanceof Error ? error.message : String(error)}\n`);
    process.exitCode = COULD_NOT_RUN;
  },
);
