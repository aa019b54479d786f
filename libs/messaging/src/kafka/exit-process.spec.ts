import { expect, test } from '@jest/globals';
import { exitProcess } from './exit-process';

test('says why, closes the consumers whatever they answer, and exits with 1', async () => {
  const events: string[] = [];
  const note = (what: string) => (): Promise<void> => Promise.resolve(void events.push(what));
  const refuse = (): Promise<void> => Promise.reject(new Error('cannot close'));
  const logger = {
    log: () => undefined,
    warn: () => undefined,
    error: (line: string) => void events.push(line),
  };
  await new Promise<void>((resolve) => {
    exitProcess(new Error('crash'), logger, [{ stop: refuse }, { stop: note('closed') }], (code) => {
      events.push(`exit ${code}`);
      resolve();
    });
  });
  expect(events).toEqual(['a consumer cannot go on, the process ends: Error: crash', 'closed', 'exit 1']);
});
