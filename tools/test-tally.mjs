/**
 * Counts of one jest report (`--json`). A suite that failed without a failed test (it did not compile, or a hook threw) counts as one failure,
 * and so does an exit code that the report does not explain.
 */
export function tally(report, exitCode) {
  const total = { passed: 0, failed: 0, skipped: 0 };
  for (const suite of report.testResults) {
    let failedTests = 0;
    for (const test of suite.assertionResults) {
      if (test.status === 'passed') total.passed += 1;
      else if (test.status === 'failed') failedTests += 1;
      else total.skipped += 1;
    }
    total.failed += suite.status === 'failed' ? Math.max(1, failedTests) : failedTests;
  }
  if (exitCode !== 0 && total.failed === 0) total.failed = 1;
  return total;
}
