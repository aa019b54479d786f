import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { SHUTDOWN_PHASES, Shutdown } from './shutdown';

test('phases run in their order, whatever the order in which steps were added', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.constantFrom(...SHUTDOWN_PHASES)), async (added) => {
      const shutdown = new Shutdown();
      const done: string[] = [];
      for (const phase of added) {
        shutdown.add(phase, 'step', async () => {
          await Promise.resolve();
          done.push(phase);
        });
      }
      expect(await shutdown.run(() => undefined)).toBe(0);
      expect(done).toEqual(SHUTDOWN_PHASES.flatMap((phase) => added.filter((one) => one === phase)));
    }),
  );
});

test('steps of a phase run side by side, and the next phase waits for all of them', async () => {
  const shutdown = new Shutdown();
  const events: string[] = [];
  let finish: () => void = () => undefined;
  shutdown.add('flush', 'slow', async () => {
    events.push('slow begins');
    await new Promise<void>((resolve) => (finish = resolve));
    events.push('slow ends');
  });
  shutdown.add('flush', 'quick', () => {
    events.push('quick');
    return Promise.resolve();
  });
  shutdown.add('close', 'close', () => Promise.resolve(void events.push('close')));
  const ended = shutdown.run(() => undefined);
  await new Promise((resolve) => setImmediate(resolve));
  expect(events).toEqual(['slow begins', 'quick']);
  finish();
  await ended;
  expect(events).toEqual(['slow begins', 'quick', 'slow ends', 'close']);
});

test('a step that fails, or throws at once, is reported and the others run', async () => {
  const shutdown = new Shutdown();
  const failures: [string, unknown][] = [];
  const away = new Error('away');
  let closed = false;
  shutdown.add('commit', 'offsets', () => Promise.reject(away));
  shutdown.add('commit', 'state', () => {
    throw away;
  });
  shutdown.add('close', 'log', () => Promise.resolve(void (closed = true)));
  expect(await shutdown.run((...failure) => failures.push(failure))).toBe(2);
  expect(failures).toEqual([
    ['commit: offsets', away],
    ['commit: state', away],
  ]);
  expect(closed).toBe(true);
});
