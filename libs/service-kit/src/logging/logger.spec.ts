import { expect, test } from '@jest/globals';
import { createLogger } from './logger';

test('credentials in headers are not written, wherever the headers are', () => {
  const lines: string[] = [];
  const logger = createLogger('test', 'info', { write: (line: string) => void lines.push(line) });
  const headers = {
    authorization: 'hidden',
    'x-api-key': 'hidden',
    cookie: 'hidden',
    'set-cookie': ['hidden'],
    host: 'seen',
  };
  logger.info(headers);
  logger.info({ headers });
  logger.info({ req: { headers }, res: { headers } });
  logger.info({ request: headers });
  logger.debug('not at this level');
  expect(lines).toHaveLength(4);
  for (const line of lines) {
    expect(line).not.toContain('"hidden"');
    expect(line).toContain('[redacted]');
    expect(line).toContain('seen');
  }
  expect(JSON.parse(lines[0]!)).toMatchObject({
    level: 'info',
    service: 'test',
    time: expect.stringMatching(/Z$/),
  });
});

test('credentials are not written in the text of a line either', () => {
  const lines: string[] = [];
  const logger = createLogger('test', 'info', { write: (line: string) => void lines.push(line) });
  const secret = 'hidden-'.padEnd(43, 'x');
  const key = `tw_abcdefABCDEF_${secret}`;
  logger.info({ requestId: key, path: `/v1/api-keys/${key}` }, 'request');
  logger.warn(`no such key: ${key}`);
  logger.error({ err: new Error(`cannot connect to postgres://user:hid@h:idden@db.example:5432/tidewatch`) });
  logger.error({
    err: new Error('refused', { cause: new Error(`cookie tidewatch_session=hidden.hid_den`) }),
  });
  logger.info({ url: 'https://db.example:5432/path', at: 'user@example.org' });
  for (const line of lines) expect(line).not.toMatch(/hid/);
  expect(JSON.parse(lines[0]!)).toMatchObject({
    requestId: 'tw_abcdefABCDEF_[redacted]',
    path: '/v1/api-keys/tw_abcdefABCDEF_[redacted]',
  });
  expect(lines[2]).toContain('postgres://user:[redacted]@db.example:5432/tidewatch');
  expect(JSON.parse(lines[4]!)).toMatchObject({
    url: 'https://db.example:5432/path',
    at: 'user@example.org',
  });
});
