import { describe, expect, test } from '@jest/globals';
import type { Frame, FrameBody } from '@tidewatch/contracts';
import { DEFAULT_FRAME_LIMITS, FrameScheduler, type LiveClient } from './frame-scheduler';
import type { FrameSource } from './frame-source';

/** One point a call of `push`; what is not taken adds up. */
class CountingSource implements FrameSource {
  pendingSinceMs = 0;
  closed = false;
  #times: number[] = [];

  push(timeMs: number): void {
    this.#times.push(timeMs);
    this.pendingSinceMs ||= timeMs;
  }

  snapshot(): FrameBody {
    return this.take();
  }

  hasPending(): boolean {
    return this.#times.length > 0;
  }

  take(): FrameBody {
    const timeMs = this.#times;
    this.#times = [];
    this.pendingSinceMs = 0;
    return { view: 'series', points: { timeMs, value: timeMs.map(() => 1) }, windows: [] };
  }

  close(): void {
    this.closed = true;
  }
}

class FakeClient implements LiveClient {
  clear = true;
  dropped = false;
  readonly frames: Frame[] = [];
  isClear(): boolean {
    return this.clear;
  }
  send(frame: Frame): void {
    this.frames.push(frame);
  }
  drop(): void {
    this.dropped = true;
  }
}

function setUp(limits = DEFAULT_FRAME_LIMITS) {
  const clock = { nowMs: 1_000 };
  const counts = { sent: 0, conflated: 0, dropped: 0, latencies: [] as (number | undefined)[] };
  const scheduler = new FrameScheduler(
    () => clock.nowMs,
    {
      sent: (_view, latency) => (counts.sent++, counts.latencies.push(latency)),
      conflated: () => counts.conflated++,
      dropped: () => counts.dropped++,
    },
    limits,
  );
  const run = (ms: number, each: () => void = () => undefined) => {
    for (const end = clock.nowMs + ms; clock.nowMs < end; clock.nowMs += 5) {
      each();
      scheduler.tick();
    }
  };
  return { clock, counts, scheduler, run, client: new FakeClient(), source: new CountingSource() };
}

const pointsOf = (frame: Frame): number =>
  frame.body.view === 'series' ? frame.body.points.timeMs.length : 0;

describe('the frame scheduler', () => {
  test('answers a subscription with frame 0', () => {
    const { scheduler, client, source } = setUp();
    source.push(7);
    expect(scheduler.open(client, source)).toEqual({
      subscriptionId: 's1',
      seq: 0,
      body: { view: 'series', points: { timeMs: [7], value: [1] }, windows: [] },
    });
    expect(scheduler.open(client, new CountingSource()).subscriptionId).toBe('s2');
    expect(scheduler.count(client)).toBe(2);
  });

  test('sends at most ten frames a second, numbered without a gap, and loses nothing', () => {
    const { scheduler, client, source, run, clock } = setUp();
    scheduler.open(client, source);
    let pushed = 0;
    run(3_000, () => (source.push(clock.nowMs), pushed++));
    expect(client.frames.length).toBeGreaterThanOrEqual(27);
    expect(client.frames.length).toBeLessThanOrEqual(30);
    expect(client.frames.map((frame) => frame.seq)).toEqual(client.frames.map((_, index) => index + 1));
    run(200);
    expect(client.frames.reduce((sum, frame) => sum + pointsOf(frame), 0)).toBe(pushed);
  });

  test('sends nothing while nothing is pending, and at once when something comes', () => {
    const { scheduler, client, source, run, counts } = setUp();
    scheduler.open(client, source);
    run(1_000);
    expect(client.frames).toHaveLength(0);
    source.push(1_990);
    run(5);
    expect(client.frames).toHaveLength(1);
    expect(counts.latencies).toEqual([10]);
  });

  test('merges what a slow client has not taken into one frame', () => {
    const { scheduler, client, source, run, clock, counts } = setUp();
    scheduler.open(client, source);
    client.clear = false;
    run(2_000, () => source.push(clock.nowMs));
    expect(client.frames).toHaveLength(0);
    expect(counts.conflated).toBeGreaterThanOrEqual(18);
    client.clear = true;
    run(100);
    expect(client.frames).toHaveLength(1);
    expect(client.frames[0]!.seq).toBe(1);
    expect(pointsOf(client.frames[0]!)).toBe(400);
  });

  test('drops a client whose bytes do not leave for the limit, and only then', () => {
    const { scheduler, client, source, run, counts } = setUp();
    scheduler.open(client, source);
    client.clear = false;
    run(29_990);
    client.clear = true;
    run(10);
    client.clear = false;
    run(29_990);
    expect(client.dropped).toBe(false);
    run(20);
    expect(client.dropped).toBe(true);
    expect(source.closed).toBe(true);
    expect(counts.dropped).toBe(1);
    expect(scheduler.count(client)).toBe(0);
  });

  test('waits longer after a large frame', () => {
    const { scheduler, client, source, run, clock } = setUp({
      ...DEFAULT_FRAME_LIMITS,
      bytesPerSecond: 30_000,
    });
    scheduler.open(client, source);
    for (let i = 0; i < 1_000; i++) source.push(clock.nowMs);
    run(150);
    expect(client.frames).toHaveLength(1);
    source.push(clock.nowMs);
    run(800);
    expect(client.frames).toHaveLength(1);
    run(200);
    expect(client.frames).toHaveLength(2);
  });

  test('closes one subscription, or all of a client', () => {
    const { scheduler, client, source, run } = setUp();
    const other = new CountingSource();
    const { subscriptionId } = scheduler.open(client, source);
    scheduler.open(client, other);
    expect(scheduler.close(client, subscriptionId)).toBe(true);
    expect(scheduler.close(client, subscriptionId)).toBe(false);
    expect(scheduler.close(new FakeClient(), subscriptionId)).toBe(false);
    expect([source.closed, other.closed]).toEqual([true, false]);
    source.push(1);
    other.push(2);
    run(200);
    expect(client.frames.map((frame) => frame.subscriptionId)).toEqual(['s2']);
    scheduler.closeAll(client);
    expect(other.closed).toBe(true);
  });
});
