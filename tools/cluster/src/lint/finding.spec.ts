import { expect, test } from '@jest/globals';
import { type Finding, judged } from './finding';

const finding: Finding = { tool: 'checkov', rule: 'CKV_1', object: 'Deployment/a', message: 'bad' };
const reason = 'It is meant to be so in this test.';

test('a finding is kept unless an exemption has its tool, rule and object', () => {
  const exempt = (change: object): Finding[] =>
    judged([finding], [{ tool: 'checkov', rule: 'CKV_1', object: 'Deployment/.*', reason, ...change }]);
  expect(judged([finding], [])).toEqual([finding]);
  expect(exempt({})).toEqual([]);
  expect(exempt({ object: undefined })).toEqual([]);
  for (const change of [{ tool: 'trivy' }, { rule: 'CKV_2' }, { object: 'Deployment' }, { shape: 'small' }])
    expect(exempt(change)).toEqual([
      finding,
      expect.objectContaining({ message: expect.stringContaining('not needed any more') }),
    ]);
});
