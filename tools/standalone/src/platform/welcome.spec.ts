import { expect, test } from '@jest/globals';
import { curlLines, welcome } from './welcome';

const input = {
  address: 'http://localhost:8080',
  signInUrl: 'http://localhost:8080/#token=t',
  ingestKey: 'tw_a_b',
  dataDir: '/d',
  seconds: 12.34,
};

test('curl lines for both formats', () => {
  expect(curlLines('http://localhost:8080', 'tw_a_b')).toEqual([
    `curl -X POST http://localhost:8080/api/data -H "X-API-Key: tw_a_b" -H "Content-Type: application/json" -d '{"device_id":"test-001","temperature":25.5,"humidity":60}'`,
    `curl -X POST http://localhost:8080/v1/readings -H "X-API-Key: tw_a_b" -H "Content-Type: application/json" -d '{"device":"pump-7","metric":"vibration","value":0.42}'`,
  ]);
});

test('the first start shows the key, a later one says where to get another', () => {
  const first = welcome(input);
  expect(first).toContain('Tidewatch is ready (12.3 s).');
  expect(first).toContain('http://localhost:8080/#token=t');
  expect(first.match(/tw_a_b/g)).toHaveLength(3);
  const later = welcome({ ...input, ingestKey: null });
  expect(later).toContain('npm start -- --new-key');
  expect(later).toContain('X-API-Key: $TIDEWATCH_KEY');
});
