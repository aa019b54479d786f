import { beforeEach, describe, expect, test } from '@jest/globals';
import type { CheckpointStore } from '../checkpoints/checkpoint-store';
import { quietLogger } from '../contract/harness';
import type { PartitionClaim } from '../port/checkpoints';
import { FencedError, PoisonRecordError } from '../port/errors';
import type { ConsumedRecord, LogBatch } from '../port/log';
import { DATA_FAULT_REASON, type Delivery, PartitionRunner } from './partition-runner';

/** A checkpoint and its handlers in memory: `handled` are the effects, `checkpoint` moves only when `commits` is set. */
class World {
  checkpoint = 0n;
  epoch = 0n;
  commits = true;
  isStolen = false;
  opened = 0;
  beginsAt: bigint | undefined;
  closed = 0;
  handled: bigint[] = [];
  batches: bigint[][] = [];
  letters: { offset: bigint; reason: string; detail: string }[] = [];
  onOpen: () => void = () => undefined;
  onHandle: (batch: LogBatch) => void = () => undefined;
  onTick: () => void = () => undefined;
  onLetter: () => void = () => undefined;

  readonly runner = new PartitionRunner({
    subscription: {
      consumer: 'test',
      topic: 'topic.v1',
      open: () => {
        this.onOpen();
        this.opened += 1;
        return Promise.resolve({
          ...(this.beginsAt === undefined ? {} : { beginsAt: this.beginsAt }),
          // eslint-disable-next-line @typescript-eslint/require-await -- a handler's errors are rejections
          handle: async (batch) => this.handle(batch),
          // eslint-disable-next-line @typescript-eslint/require-await -- as above
          tick: async () => this.onTick(),
          close: () => {
            this.closed += 1;
            return Promise.resolve();
          },
        });
      },
    },
    partition: 3,
    checkpoints: {
      claim: () => this.claim(),
      renew: () => {
        if (this.isStolen) return Promise.reject(new FencedError('stolen'));
        return this.claim();
      },
    } as unknown as CheckpointStore,
    deadLetter: (_batch, record, reason, detail) => {
      this.onLetter();
      this.letters.push({ offset: record.offset, reason, detail });
      return Promise.resolve();
    },
    logger: quietLogger,
  });

  private handle(batch: LogBatch): void {
    this.batches.push(batch.records.map(({ offset }) => offset));
    this.onHandle(batch);
    this.handled.push(...batch.records.map(({ offset }) => offset));
    if (this.commits) this.checkpoint = batch.nextOffset;
  }

  private claim(): Promise<PartitionClaim> {
    this.epoch += 1n;
    return Promise.resolve({
      consumer: 'test',
      topic: 'topic.v1',
      partition: 3,
      epoch: this.epoch,
      nextOffset: this.checkpoint,
      advance: () => Promise.resolve(),
    });
  }
}

function batch(from: number, to: number): LogBatch {
  const records = Array.from({ length: to - from }, (_, i): ConsumedRecord => ({
    offset: BigInt(from + i),
    key: '',
    value: new Uint8Array(),
    headers: {},
    appendedAtMs: 0,
  }));
  return { topic: 'topic.v1', partition: 3, records, nextOffset: BigInt(to), highWatermark: BigInt(to) };
}

/** Delivers as a driver does: follows each outcome until everything below `to` is handled. */
async function drive(runner: PartitionRunner, to: number): Promise<Delivery[]> {
  const outcomes: Delivery[] = [];
  let at = 0;
  for (let i = 0; i < 100 && at < to; i += 1) {
    const outcome = await runner.deliver(batch(at, to));
    outcomes.push(outcome);
    if (outcome.kind === 'fenced') break;
    at = Number(outcome.kind === 'done' ? outcome.nextOffset : outcome.offset);
  }
  return outcomes;
}

const range = (to: number, ...without: number[]): bigint[] =>
  Array.from({ length: to }, (_, i) => i)
    .filter((i) => !without.includes(i))
    .map(BigInt);

let world: World;

beforeEach(() => {
  world = new World();
});

describe('opening', () => {
  test('begins at the checkpoint', async () => {
    world.checkpoint = 17n;
    expect(await world.runner.open()).toBe(17n);
    expect(world.opened).toBe(1);
  });

  test('begins before it where the handler wants to, and from its successor on at the checkpoint', async () => {
    world.checkpoint = 17n;
    world.beginsAt = 3n;
    expect(await world.runner.open()).toBe(3n);
    expect(await world.runner.deliver(batch(3, 6))).toEqual({ kind: 'done', nextOffset: 6n });
    world.beginsAt = undefined;
    world.checkpoint = 17n;
    world.onHandle = () => {
      world.onHandle = () => undefined;
      throw new Error('away');
    };
    expect(await world.runner.deliver(batch(6, 20))).toMatchObject({ kind: 'seek', offset: 6n });
    // What was fetched for the handler before is not for this one.
    expect(await world.runner.deliver(batch(6, 20))).toEqual({ kind: 'seek', offset: 17n, delayMs: 0 });
    expect(await world.runner.deliver(batch(17, 20))).toEqual({ kind: 'done', nextOffset: 20n });
  });

  test('tries again, under a new claim each time', async () => {
    let attempts = 0;
    world.onOpen = () => {
      attempts += 1;
      if (attempts < 3) throw new Error('away');
    };
    await world.runner.open();
    expect(world.epoch).toBe(3n);
    expect(world.opened).toBe(1);
  });

  test('ends when it is given up', async () => {
    world.onOpen = () => {
      throw new Error('away');
    };
    const opening = world.runner.open();
    world.runner.abort();
    await expect(opening).rejects.toThrow(FencedError);
  });
});

describe('delivering', () => {
  test('hands over a batch as it is', async () => {
    await world.runner.open();
    expect(await world.runner.deliver(batch(0, 5))).toEqual({ kind: 'done', nextOffset: 5n });
    expect(world.batches).toEqual([range(5)]);
    expect(world.runner.nextOffset).toBe(5n);
  });

  test('leaves out what the handler has had', async () => {
    await world.runner.open();
    await world.runner.deliver(batch(0, 5));
    expect(await world.runner.deliver(batch(3, 8))).toEqual({ kind: 'done', nextOffset: 8n });
    expect(await world.runner.deliver(batch(2, 4))).toEqual({ kind: 'done', nextOffset: 8n });
    expect(world.handled).toEqual(range(8));
  });

  test('calls never overlap', async () => {
    await world.runner.open();
    const all = await Promise.all([
      world.runner.deliver(batch(0, 2)),
      world.runner.tick(),
      world.runner.deliver(batch(2, 4)),
      world.runner.close(),
    ]);
    // Closing comes first in effect: what has not begun by then is not begun any more.
    expect(all[2]).toEqual({ kind: 'fenced' });
    expect(world.closed).toBe(1);
  });
});

describe('a poison record', () => {
  test('is dead-lettered, and the rest goes on with the same handler', async () => {
    await world.runner.open();
    world.onHandle = ({ records }) => {
      const bad = records.find(({ offset }) => offset === 2n || offset === 6n);
      if (bad) throw new PoisonRecordError(bad.offset, 'bad', `no. ${bad.offset.toString()}`);
    };
    expect(await drive(world.runner, 9)).toEqual([{ kind: 'done', nextOffset: 9n }]);
    expect(world.handled).toEqual(range(9, 2, 6));
    expect(world.letters).toEqual([
      { offset: 2n, reason: 'bad', detail: 'no. 2' },
      { offset: 6n, reason: 'bad', detail: 'no. 6' },
    ]);
    expect(world.opened).toBe(1);
  });

  test('alone leaves an empty batch, so that the checkpoint passes it', async () => {
    await world.runner.open();
    world.onHandle = ({ records }) => {
      if (records.length > 0) throw new PoisonRecordError(0n, 'bad', '');
    };
    expect(await world.runner.deliver(batch(0, 1))).toEqual({ kind: 'done', nextOffset: 1n });
    expect(world.checkpoint).toBe(1n);
  });

  test('that the dead-letter topic does not take is tried again', async () => {
    await world.runner.open();
    let isAway = true;
    world.onLetter = () => {
      if (isAway) throw new Error('away');
    };
    world.onHandle = ({ records }) => {
      if (records.some(({ offset }) => offset === 1n)) throw new PoisonRecordError(1n, 'bad', '');
    };
    expect(await world.runner.deliver(batch(0, 3))).toMatchObject({ kind: 'seek', offset: 0n });
    isAway = false;
    expect(await world.runner.deliver(batch(0, 3))).toEqual({ kind: 'done', nextOffset: 3n });
    expect(world.letters.map(({ offset }) => offset)).toEqual([1n]);
    expect(world.handled).toEqual([0n, 2n]);
  });
});

test('dead letters are remembered within a bound, and one that was forgotten is made again', async () => {
  await world.runner.open();
  world.commits = false;
  world.onHandle = ({ records }) => {
    if (records[0]) throw new PoisonRecordError(records[0].offset, 'bad', '');
  };
  await drive(world.runner, 1_001);
  expect(world.letters).toHaveLength(1_001);
  // From the checkpoint, with another handler: the first letter is forgotten, the others are not.
  world.onTick = () => {
    throw new Error('away');
  };
  await world.runner.tick();
  await world.runner.deliver(batch(0, 1));
  expect(world.letters).toHaveLength(1_002);
  expect(world.letters.at(-1)!.offset).toBe(0n);
  await world.runner.deliver(batch(2, 1_001));
  expect(world.letters).toHaveLength(1_002);
});

describe('a defect that the data provokes', () => {
  const failOn =
    (...bad: bigint[]) =>
    ({ records }: LogBatch): void => {
      if (records.some(({ offset }) => bad.includes(offset))) throw new TypeError('x is undefined');
    };

  test('is isolated record by record', async () => {
    await world.runner.open();
    world.onHandle = failOn(2n, 5n);
    await drive(world.runner, 8);
    expect(world.handled).toEqual(range(8, 2, 5));
    expect(world.letters).toEqual([
      { offset: 2n, reason: DATA_FAULT_REASON, detail: 'TypeError: x is undefined' },
      { offset: 5n, reason: DATA_FAULT_REASON, detail: 'TypeError: x is undefined' },
    ]);
    expect(world.closed).toBe(0);
  });

  test('of a handler whose checkpoint lags is replayed from there, and not dead-lettered twice', async () => {
    await world.runner.open();
    world.commits = false;
    await world.runner.deliver(batch(0, 4));
    world.handled = [];
    world.onHandle = failOn(6n);
    let at = 4;
    const outcomes: Delivery[] = [];
    for (let i = 0; i < 20 && at < 9; i += 1) {
      const outcome = await world.runner.deliver(batch(at, 9));
      outcomes.push(outcome);
      at =
        outcome.kind === 'done'
          ? Number(outcome.nextOffset)
          : outcome.kind === 'seek'
            ? Number(outcome.offset)
            : 99;
    }
    // The fault, then the record alone, each begins anew at the checkpoint.
    expect(outcomes.filter(({ kind }) => kind === 'seek')).toEqual([
      { kind: 'seek', offset: 0n, delayMs: 0 },
      { kind: 'seek', offset: 0n, delayMs: 0 },
    ]);
    expect(world.letters.map(({ offset }) => offset)).toEqual([6n]);
    expect(world.handled.slice(-8)).toEqual(range(9, 6));
  });

  test('that goes away when the record comes alone costs nothing', async () => {
    await world.runner.open();
    let faults = 0;
    world.onHandle = () => {
      faults += 1;
      if (faults === 1) throw new RangeError('once');
    };
    await drive(world.runner, 4);
    expect(world.letters).toEqual([]);
    expect(world.handled).toEqual(range(4));
  });
});

describe('infrastructure', () => {
  test('pauses with growing delays, and opens again at the checkpoint', async () => {
    await world.runner.open();
    let isAway = true;
    world.onHandle = () => {
      if (isAway) throw Object.assign(new Error('gone'), { code: '57P01' });
    };
    const delays: number[] = [];
    for (let i = 0; i < 8; i += 1) {
      const outcome = await world.runner.deliver(batch(0, 3));
      expect(outcome).toMatchObject({ kind: 'seek', offset: 0n });
      if (outcome.kind === 'seek') delays.push(outcome.delayMs);
    }
    expect(delays[0]).toBeGreaterThanOrEqual(75);
    expect(delays[0]).toBeLessThanOrEqual(100);
    expect(delays.at(-1)).toBeGreaterThanOrEqual(3_750);
    expect(delays.at(-1)).toBeLessThanOrEqual(5_000);
    isAway = false;
    expect(await world.runner.deliver(batch(0, 3))).toEqual({ kind: 'done', nextOffset: 3n });
    expect(world.handled).toEqual(range(3));
    expect(world.letters).toEqual([]);
  });

  test('after an unknown commit asks for what the checkpoint says', async () => {
    await world.runner.open();
    world.onHandle = () => {
      world.checkpoint = 3n; // It was committed, and the answer was lost.
      throw new Error('connection lost');
    };
    expect(await world.runner.deliver(batch(0, 3))).toMatchObject({ kind: 'seek', offset: 0n });
    world.onHandle = () => undefined;
    expect(await world.runner.deliver(batch(0, 3))).toEqual({ kind: 'seek', offset: 3n, delayMs: 0 });
    expect(await world.runner.deliver(batch(3, 5))).toEqual({ kind: 'done', nextOffset: 5n });
    expect(world.handled).toEqual([3n, 4n]);
  });

  test('in a tick has the same end', async () => {
    await world.runner.open();
    world.commits = false;
    await world.runner.deliver(batch(0, 3));
    world.onTick = () => {
      throw new Error('away');
    };
    expect(await world.runner.tick()).toMatchObject({ kind: 'seek', offset: 3n });
    expect(await world.runner.deliver(batch(3, 4))).toEqual({ kind: 'seek', offset: 0n, delayMs: 0 });
  });
});

describe('fencing', () => {
  test('ends the runner, and its handler is not closed', async () => {
    await world.runner.open();
    world.onHandle = () => {
      throw new FencedError('stolen');
    };
    expect(await world.runner.deliver(batch(0, 3))).toEqual({ kind: 'fenced' });
    expect(await world.runner.deliver(batch(0, 3))).toEqual({ kind: 'fenced' });
    expect(await world.runner.tick()).toEqual({ kind: 'fenced' });
    await world.runner.close();
    expect(world.closed).toBe(0);
    expect(world.handled).toEqual([]);
  });

  test('opening again does not take the partition back from another owner', async () => {
    await world.runner.open();
    world.onHandle = () => {
      throw new Error('away');
    };
    expect(await world.runner.deliver(batch(0, 3))).toMatchObject({ kind: 'seek' });
    world.isStolen = true;
    expect(await world.runner.deliver(batch(0, 3))).toEqual({ kind: 'fenced' });
    expect(world.epoch).toBe(1n);
  });
});
