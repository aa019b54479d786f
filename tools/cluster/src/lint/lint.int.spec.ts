import { describe, expect, test } from '@jest/globals';
import { describeWithClusterTools } from '@tidewatch/testing';
import { render } from '../chart';
import { LINTERS } from '../tools';
import { findings, say } from './lint';
import { OF_RENDERING, trivy } from './linters';

/** One planted fault for each linter that looks at what is rendered. */
const PLANTED: Record<keyof typeof OF_RENDERING, [from: RegExp, to: string, rule: string]> = {
  kubeconform: [/^ {2}replicas: 2$/m, '  replicas: two', 'statusInvalid'],
  'kube-score': [
    /readOnlyRootFilesystem: true/,
    'readOnlyRootFilesystem: false',
    'container-security-context-readonlyrootfilesystem',
  ],
  kubesec: [/allowPrivilegeEscalation: false/g, 'allowPrivilegeEscalation: true', 'AllowPrivilegeEscalation'],
  checkov: [/automountServiceAccountToken: false/g, 'automountServiceAccountToken: true', 'CKV_K8S_38'],
  trivy: [/readOnlyRootFilesystem: true/g, 'readOnlyRootFilesystem: false', 'KSV-0014'],
};

describeWithClusterTools(LINTERS, 'the linters', () => {
  test('find nothing in the chart and the Dockerfile that is not exempt', () => {
    expect(findings().map(say)).toEqual([]);
  }, 300_000);

  describe('each finds what is planted', () => {
    test.each(Object.entries(PLANTED))(
      '%s',
      (tool, [from, to, rule]) => {
        const clean = render('default');
        const planted = clean.replace(from, to);
        expect(planted).not.toBe(clean);
        const lint = OF_RENDERING[tool as keyof typeof OF_RENDERING];
        const rules = (text: string): string[] => lint(text).map((finding) => finding.rule);
        expect(rules(clean)).not.toContain(rule);
        expect(rules(planted)).toContain(rule);
      },
      120_000,
    );
  });

  test('say when there is nothing to look at', () => {
    expect(() => trivy({ file: 'CHANGELOG.md' })).toThrow('trivy found nothing to check');
  }, 60_000);
});
