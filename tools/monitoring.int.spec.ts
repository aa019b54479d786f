/** The alerts, as `promtool` (of Prometheus) sees them, and that somebody who is woken by one finds what to do. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, test } from '@jest/globals';
import { describeWithPrometheus } from '@tidewatch/testing';
import { parse } from 'yaml';

const ROOT = path.join(__dirname, '..');
const RULES = path.join(ROOT, 'deploy/prometheus/rules/tidewatch.yml');
const TESTS = path.join(ROOT, 'deploy/prometheus/tests/tidewatch.test.yml');

interface Alert {
  readonly alert: string;
  readonly labels: { readonly severity: string };
  readonly annotations: { readonly summary: string; readonly runbook_url: string };
}
interface Expectation {
  readonly alertname: string;
  readonly exp_alerts: readonly unknown[];
}

const rules = parse(readFileSync(RULES, 'utf8')) as { groups: { rules: Alert[] }[] };
const alerts = rules.groups.flatMap((group) => group.rules);
const OPERATIONS = readFileSync(path.join(ROOT, 'docs/operations.md'), 'utf8');
const tests = parse(readFileSync(TESTS, 'utf8')) as { tests: { alert_rule_test: Expectation[] }[] };
const expectations = tests.tests.flatMap((one) => one.alert_rule_test);

function promtool(...args: string[]): { status: number | null; said: string } {
  const { status, stdout, stderr } = spawnSync('promtool', args, { encoding: 'utf8' });
  return { status, said: stdout + stderr };
}

describe('each alert', () => {
  const [, section = ''] = /^## Alerts$(.*?)(?=^## |$(?![\s\S]))/ms.exec(OPERATIONS) ?? [];
  const described = [...section.matchAll(/^### (\w+)$/gm)].map(([, name]) => name);

  test('has a paragraph that says what to do, and no paragraph is without its alert', () => {
    expect(described.sort()).toEqual(alerts.map(({ alert }) => alert).sort());
  });

  test.each(alerts.map((alert) => [alert.alert, alert] as const))('%s is linked to it', (name, alert) => {
    expect(alert.annotations.runbook_url).toBe(`docs/operations.md#${name.toLowerCase()}`);
    expect(alert.annotations.summary).not.toBe('');
    expect(['warning', 'critical']).toContain(alert.labels.severity);
  });

  test.each(alerts.map(({ alert }) => alert))(
    '%s has a case in which it fires and one in which it does not',
    (name) => {
      const counts = expectations
        .filter(({ alertname }) => alertname === name)
        .map(({ exp_alerts: expected }) => expected.length);
      expect(counts).toContain(0);
      expect(counts.some((count) => count > 0)).toBe(true);
    },
  );
});

describeWithPrometheus('promtool', () => {
  test('finds nothing wrong with the rules', () => {
    const { status, said } = promtool('check', 'rules', RULES);
    expect({ status, said }).toEqual({
      status: 0,
      said: expect.stringContaining(`${alerts.length} rules found`),
    });
  });

  test('finds nothing wrong with the configuration of Prometheus', () => {
    const file = path.join(ROOT, 'deploy/prometheus/prometheus.yml');
    expect(promtool('check', 'config', '--syntax-only', file)).toMatchObject({ status: 0 });
  });

  test('sees each alert fire when it should, and only then', () => {
    const { status, said } = promtool('test', 'rules', TESTS);
    expect({ status, said }).toEqual({ status: 0, said: expect.stringContaining('SUCCESS') });
  });
});
