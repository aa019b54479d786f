import { type Exemption, isExempt } from './exemptions';
import type { Check, Finding } from './finding';
import type { Subjects } from './subjects/subjects';

export interface CheckReport {
  readonly name: string;
  readonly title: string;
  readonly looked: number;
  readonly findings: readonly Finding[];
  readonly exempt: readonly { readonly finding: Finding; readonly reason: string }[];
  /** What could not be looked at, and why. */
  readonly missed: readonly string[];
}

export interface Report {
  readonly checks: readonly CheckReport[];
  /** Exemptions that nothing needs any more. */
  readonly staleExemptions: readonly Exemption[];
}

export async function audit(
  checks: readonly Check[],
  subjects: Subjects,
  exemptions: readonly Exemption[],
): Promise<Report> {
  const used = new Set<Exemption>();
  const reports: CheckReport[] = [];
  for (const check of checks) {
    const { findings, looked, missed } = await check.run(subjects);
    const kept: Finding[] = [];
    const exempt: { finding: Finding; reason: string }[] = [];
    // Several sets of values show the same fault of a chart.
    for (const finding of distinct(findings)) {
      const exemption = isExempt(finding, exemptions);
      if (exemption === undefined) kept.push(finding);
      else exempt.push({ finding, reason: exemption.reason });
      if (exemption !== undefined) used.add(exemption);
    }
    reports.push({ name: check.name, title: check.title, looked, findings: kept, exempt, missed });
  }
  return { checks: reports, staleExemptions: staleIn(exemptions, used, reports) };
}

function distinct(findings: readonly Finding[]): Finding[] {
  return [...new Map(findings.map((finding) => [JSON.stringify(finding), finding])).values()];
}

/** Where a check could not look at everything, what it would have found is not known. */
function staleIn(
  exemptions: readonly Exemption[],
  used: ReadonlySet<Exemption>,
  reports: readonly CheckReport[],
): Exemption[] {
  const whole = new Set(reports.filter(({ missed }) => missed.length === 0).map(({ name }) => name));
  return exemptions.filter(
    (exemption) => !used.has(exemption) && whole.has(exemption.rule.split('/', 1)[0]!),
  );
}
