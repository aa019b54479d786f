import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { beforeEach, describe, expect, test } from '@jest/globals';
import { LIMITS } from '@tidewatch/contracts';
import { BodyReader } from './body-reader';

/** A request whose body the test writes. */
class ScriptedRequest extends IncomingMessage {
  constructor(contentLength?: number) {
    super(new Socket());
    if (contentLength !== undefined) this.headers['content-length'] = String(contentLength);
  }

  finish(): void {
    this.complete = true;
    this.push(null);
  }

  override _read(): void {
    // Data comes when the test says so.
  }
}

const MIB = 1024 * 1024;
let reader: BodyReader;

beforeEach(() => {
  reader = new BodyReader(6 * MIB);
});

function reading(contentLength?: number) {
  const request = new ScriptedRequest(contentLength);
  return { request, body: reader.read(request) };
}

describe('a body', () => {
  test('is put together from its chunks', async () => {
    const { request, body } = reading();
    for (const text of ['{"a"', ':', '1}']) request.push(Buffer.from(text));
    request.finish();
    expect((await body).toString()).toBe('{"a":1}');
  });

  test('may be empty', async () => {
    const { request, body } = reading();
    request.finish();
    expect(await body).toHaveLength(0);
  });

  test('may have just the largest size', async () => {
    const { request, body } = reading(LIMITS.requestBytes);
    request.push(Buffer.alloc(LIMITS.requestBytes));
    request.finish();
    expect(await body).toHaveLength(LIMITS.requestBytes);
  });

  test('that is announced as too large is refused unread', async () => {
    const { request, body } = reading(LIMITS.requestBytes + 1);
    await expect(body).rejects.toMatchObject({ status: 413 });
    expect(request.listenerCount('data')).toBe(0);
  });

  test('that turns out to be too large is refused, and the rest dropped', async () => {
    const { request, body } = reading();
    request.push(Buffer.alloc(LIMITS.requestBytes));
    request.push(Buffer.alloc(1));
    await expect(body).rejects.toMatchObject({ status: 413 });
    request.push(Buffer.alloc(MIB));
    request.finish();
    await new Promise((resolve) => request.once('end', resolve));
    expect(request.readableLength).toBe(0);
  });

  test('that ends early is malformed', async () => {
    const { request, body } = reading();
    request.push(Buffer.from('{"a"'));
    request.destroy();
    await expect(body).rejects.toMatchObject({ status: 400 });
  });

  test('of a client that has gone already is malformed', async () => {
    const request = new ScriptedRequest();
    request.destroy();
    await expect(reader.read(request)).rejects.toMatchObject({ status: 400 });
  });
});

describe('all bodies together', () => {
  test('are bounded, and what is done no longer counts', async () => {
    const first = reading();
    first.request.push(Buffer.alloc(4 * MIB));
    await new Promise((resolve) => setImmediate(resolve));
    const second = reading();
    second.request.push(Buffer.alloc(3 * MIB));
    await expect(second.body).rejects.toMatchObject({ name: 'LogOverloadedError' });
    first.request.finish();
    await first.body;
    const third = reading();
    third.request.push(Buffer.alloc(3 * MIB));
    third.request.finish();
    expect(await third.body).toHaveLength(3 * MIB);
  });
});
