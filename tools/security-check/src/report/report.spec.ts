import { expect, test } from '@jest/globals';
import { audit } from '../audit';
import type { Exemption } from '../exemptions';
import type { Check, Finding } from '../finding';
import type { Subjects } from '../subjects/subjects';
import { sarifReport } from './sarif';
import { textReport } from './text';

const FAULT: Finding = {
  rule: 'doors/open',
  place: { file: 'house.yaml', line: 3, subject: 'door' },
  message: 'It is open.',
};
const KNOWN: Finding = { rule: 'doors/open', place: { file: 'barn.yaml' }, message: 'It is open.' };
const exemption = (file: string, rule = 'doors/open'): Exemption => ({
  rule,
  file,
  reason: 'Cows go through it.',
});

function report(findings: Finding[], exemptions: Exemption[], missed: string[] = []) {
  const check: Check = { name: 'doors', title: 'Doors', run: () => ({ findings, looked: 2, missed }) };
  return audit([check], {} as Subjects, exemptions);
}

test('an exemption takes out what it names, once', async () => {
  const { checks, staleExemptions } = await report([FAULT, FAULT, KNOWN], [exemption('barn.yaml')]);
  expect(checks[0]!.findings).toEqual([FAULT]);
  expect(checks[0]!.exempt).toEqual([{ finding: KNOWN, reason: 'Cows go through it.' }]);
  expect(staleExemptions).toEqual([]);
});

test('an exemption that nothing needs is told, unless something could not be looked at', async () => {
  const stale = exemption('shed.yaml');
  expect((await report([], [stale])).staleExemptions).toEqual([stale]);
  expect((await report([], [stale], ['the shed: no ladder'])).staleExemptions).toEqual([]);
});

test('for people: a line for each check, and where what was found is', async () => {
  const text = textReport(await report([FAULT, KNOWN], [exemption('barn.yaml'), exemption('shed.yaml')]));
  expect(text.split('\n')).toEqual([
    '✗ Doors: 1 found in 2 looked at, 1 exempted',
    '    house.yaml:3 door',
    '      It is open. (doors/open)',
    '✗ An exemption that nothing needs: doors/open in shed.yaml',
    '',
    '1 checks, 1 findings',
  ]);
  expect(textReport(await report([], [], ['the shed: no ladder']))).toContain(
    '– Doors: nothing found in 2 looked at\n    Not looked at: the shed: no ladder',
  );
});

test('SARIF names rule, file and line, and suppresses what is exempted', async () => {
  const sarif = sarifReport(await report([FAULT, KNOWN], [exemption('barn.yaml')]));
  expect(sarif).toMatchObject({
    version: '2.1.0',
    runs: [
      {
        tool: { driver: { name: 'tidewatch-security-check', rules: [{ id: 'doors/open' }] } },
        results: [
          {
            ruleId: 'doors/open',
            message: { text: 'door: It is open.' },
            locations: [
              { physicalLocation: { artifactLocation: { uri: 'house.yaml' }, region: { startLine: 3 } } },
            ],
          },
          { suppressions: [{ kind: 'external', justification: 'Cows go through it.' }] },
        ],
      },
    ],
  });
});
