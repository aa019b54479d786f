import { describe, expect, test } from '@jest/globals';
import { parseOptions } from './options';

describe('parseOptions', () => {
  test('defaults', () => {
    expect(parseOptions([])).toEqual({
      help: false,
      dataDir: '.tidewatch',
      port: 8080,
      demo: false,
      log: 'postgres',
      kafkaBrokers: '',
      replicas: { processing: 1, storage: 1 },
      newKey: false,
      printJson: false,
    });
  });

  test('everything', () => {
    const argv = '--data-dir /d --port 9000 --demo --log kafka --kafka-brokers a:1,b:2 --print-json'.split(
      ' ',
    );
    expect(parseOptions([...argv, '--replicas', 'processing=2', '--replicas=storage=3'])).toMatchObject({
      dataDir: '/d',
      port: 9000,
      demo: true,
      log: 'kafka',
      kafkaBrokers: 'a:1,b:2',
      replicas: { processing: 2, storage: 3 },
      printJson: true,
    });
  });

  test.each([
    [['--prot', '1'], "Unknown option '--prot'. See npm start -- --help."],
    [['x'], "Unexpected argument 'x'. See npm start -- --help."],
    [['--port', 'http'], '--port takes a number from 1 to 65500, not "http".'],
    [['--port', '65501'], '--port takes a number from 1 to 65500, not "65501".'],
    [['--log', 'redis'], '--log takes postgres or kafka, not "redis".'],
    [['--log', 'kafka'], '--log kafka needs --kafka-brokers host:port.'],
    [['--kafka-brokers', 'a:1'], '--kafka-brokers is for --log kafka only.'],
    [
      ['--replicas', 'gateway=2'],
      '--replicas takes processing or storage with a count from 1 to 8, such as processing=2, not "gateway=2".',
    ],
    [
      ['--replicas', 'storage=0'],
      '--replicas takes processing or storage with a count from 1 to 8, such as processing=2, not "storage=0".',
    ],
  ])('%j is refused with one line', (argv, line) => {
    expect(() => parseOptions(argv)).toThrow(line);
  });
});
