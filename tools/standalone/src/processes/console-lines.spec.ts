import { describe, expect, test } from '@jest/globals';
import { LineLimit, consoleLine } from './console-lines';
import { LineSplitter } from './line-splitter';

describe('consoleLine', () => {
  test('warnings and errors in one line, with their cause', () => {
    const line = JSON.stringify({ level: 'error', msg: 'cannot append', err: { message: 'broker\n away' } });
    expect(consoleLine('ingestion', line)).toBe('ingestion error: cannot append (broker | away)');
    expect(consoleLine('ingestion', '{"level":"warn","msg":"slow"}')).toBe('ingestion warn: slow');
    expect(consoleLine('x', '{"level":"fatal","err":{"message":"boom"}}')).toBe('x fatal: boom');
  });

  test('nothing below a warning', () => {
    expect(consoleLine('x', '{"level":"info","msg":"ready"}')).toBeNull();
    expect(consoleLine('x', '  ')).toBeNull();
  });

  test('what is not a log line, as it is', () => {
    expect(consoleLine('x', 'Error: boom')).toBe('x: Error: boom');
    expect(consoleLine('x', '{"level":7}')).toBe('x: {"level":7}');
    expect(consoleLine('x', '{broken')).toBe('x: {broken');
  });
});

test('LineLimit holds back what is too much and says so later', () => {
  let now = 0;
  const limit = new LineLimit(() => now);
  const passed = Array.from({ length: 25 }, (_, i) => limit.pass(`l${i}`, 'f.log')).flat();
  expect(passed).toEqual(Array.from({ length: 20 }, (_, i) => `l${i}`));
  now = 10_000;
  expect(limit.pass('next', 'f.log')).toEqual(['(5 more lines of this service are in f.log)', 'next']);
});

test('LineSplitter keeps characters and lines that chunks cut in two', () => {
  const lines: string[] = [];
  const splitter = new LineSplitter((line) => lines.push(line));
  const bytes = Buffer.from('aä\nb\n\nc');
  for (const byte of bytes) splitter.push(Buffer.from([byte]));
  splitter.end();
  expect(lines).toEqual(['aä', 'b', '', 'c']);
});
