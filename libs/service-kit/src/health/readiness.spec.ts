import { afterEach, expect, jest, test } from '@jest/globals';
import { Readiness } from './readiness';

afterEach(() => {
  jest.useRealTimers();
});

test('says of each check whether it is up, and why not', async () => {
  const readiness = new Readiness();
  readiness.add('database', () => Promise.resolve());
  readiness.add('log', () => Promise.reject(new Error('away')));
  readiness.add('thrown', () => {
    throw new Error('at once');
  });
  expect(await readiness.run()).toEqual([
    { name: 'database', up: true },
    { name: 'log', up: false, message: 'away' },
    { name: 'thrown', up: false, message: 'at once' },
  ]);
});

test('does not wait for a check that hangs', async () => {
  jest.useFakeTimers();
  const readiness = new Readiness();
  readiness.add('hangs', () => new Promise(() => undefined));
  const result = readiness.run();
  await jest.advanceTimersByTimeAsync(3_000);
  expect(await result).toEqual([{ name: 'hangs', up: false, message: 'no answer in time' }]);
});

test('is over once the service stops, without asking anybody', async () => {
  const readiness = new Readiness();
  let asked = 0;
  readiness.add('database', () => Promise.resolve(void (asked += 1)));
  readiness.stop();
  expect(await readiness.run()).toEqual([
    { name: 'shutdown', up: false, message: 'the service is stopping' },
  ]);
  expect(asked).toBe(0);
});

test('has started once, whatever comes then', () => {
  const readiness = new Readiness();
  expect(readiness.started).toBe(false);
  readiness.start();
  readiness.stop();
  expect(readiness.started).toBe(true);
});

test('two checks of one name are a mistake', () => {
  const readiness = new Readiness();
  readiness.add('log', () => Promise.resolve());
  expect(() => readiness.add('log', () => Promise.resolve())).toThrow('exists already');
});
