import type { CheckReport, Report } from '../audit';
import type { Place } from '../finding';

/** For people: a line for each check, what it found below it. */
export function textReport({ checks, staleExemptions }: Report): string {
  const lines = checks.flatMap((check) => [
    `${mark(check)} ${check.title}: ${summary(check)}`,
    ...check.findings.flatMap(({ rule, place, message }) => [
      `    ${placeText(place)}`,
      `      ${message} (${rule})`,
    ]),
    ...check.missed.map((text) => `    Not looked at: ${text}`),
  ]);
  const stale = staleExemptions.map(
    ({ rule, file, subject }) =>
      `✗ An exemption that nothing needs: ${rule} in ${placeText({ file, ...(subject && { subject }) })}`,
  );
  return [...lines, ...stale, '', total(checks)].join('\n');
}

function mark({ findings, missed }: CheckReport): string {
  if (findings.length > 0) return '✗';
  return missed.length > 0 ? '–' : '✓';
}

function summary({ findings, exempt, looked }: CheckReport): string {
  const exempted = exempt.length > 0 ? `, ${exempt.length} exempted` : '';
  return `${findings.length === 0 ? 'nothing' : findings.length} found in ${looked} looked at${exempted}`;
}

function total(checks: readonly CheckReport[]): string {
  const found = checks.reduce((sum, { findings }) => sum + findings.length, 0);
  const partial = checks.filter(({ missed }) => missed.length > 0).length;
  return `${checks.length} checks, ${found} findings${partial > 0 ? `, ${partial} checks could not look at everything` : ''}`;
}

function placeText({ file, line, subject }: Place): string {
  return `${file}${line === undefined ? '' : `:${line}`}${subject === undefined ? '' : ` ${subject}`}`;
}
