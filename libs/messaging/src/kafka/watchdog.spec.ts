import { describe, expect, test } from '@jest/globals';
import { Watchdog } from './watchdog';

function watch(options: { isDelivering?: boolean; brokerIsAway?: boolean } = {}) {
  const fatal: Error[] = [];
  const watchdog = new Watchdog({
    maxSilenceMs: 3_000,
    isDelivering: () => options.isDelivering ?? false,
    probe: () => (options.brokerIsAway ? Promise.reject(new Error('away')) : Promise.resolve()),
    onSilence: (error) => void fatal.push(error),
  });
  const ticks = async (count: number): Promise<void> => {
    for (let i = 0; i < count; i += 1) await watchdog.tick();
  };
  return { watchdog, fatal, ticks, options };
}

describe('Watchdog', () => {
  test('a consumer that fetches is left alone', async () => {
    const { watchdog, fatal, ticks } = watch();
    for (let i = 0; i < 5; i += 1) {
      await ticks(2);
      watchdog.sign();
    }
    expect(fatal).toEqual([]);
  });

  test('silence while the broker answers is fatal', async () => {
    const { fatal, ticks } = watch();
    await ticks(2);
    expect(fatal).toEqual([]);
    await ticks(1);
    expect(fatal.map(({ message }) => message)).toEqual(['no fetch for 3000 ms']);
  });

  test('silence while the broker is away is none, and the time begins anew when it is back', async () => {
    const { fatal, ticks, options } = watch({ brokerIsAway: true });
    await ticks(30);
    expect(fatal).toEqual([]);
    options.brokerIsAway = false;
    await ticks(2);
    expect(fatal).toEqual([]);
    await ticks(1);
    expect(fatal).toHaveLength(1);
  });

  test('a handler may take ten times as long', async () => {
    const { fatal, ticks } = watch({ isDelivering: true });
    await ticks(29);
    expect(fatal).toEqual([]);
    await ticks(1);
    expect(fatal).toHaveLength(1);
  });
});
