import type { Report } from '../audit';
import type { Finding } from '../finding';

/** SARIF 2.1.0, as code scanning services take it. Exempted findings are results with a suppression. */
export function sarifReport({ checks }: Report): object {
  const results = checks.flatMap(({ findings, exempt }) => [
    ...findings.map((finding) => toResult(finding)),
    ...exempt.map(({ finding, reason }) => ({
      ...toResult(finding),
      suppressions: [{ kind: 'external', justification: reason }],
    })),
  ]);
  const rules = [...new Set(results.map(({ ruleId }) => ruleId))].map((id) => ({ id }));
  const driver = { name: 'tidewatch-security-check', rules };
  return {
    $schema: 'https://json.schemastore.org/sarif-2.1.0.json',
    version: '2.1.0',
    runs: [{ tool: { driver }, results }],
  };
}

function toResult({ rule, place, message }: Finding) {
  const { file, line, subject } = place;
  return {
    ruleId: rule,
    level: 'error',
    message: { text: subject === undefined ? message : `${subject}: ${message}` },
    locations: [
      {
        physicalLocation: {
          artifactLocation: { uri: file },
          ...(line !== undefined && { region: { startLine: line } }),
        },
      },
    ],
  };
}
