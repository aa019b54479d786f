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
