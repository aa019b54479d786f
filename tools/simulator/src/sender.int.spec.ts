import { once } from 'node:events';
import { type IncomingMessage, type Server, createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, expect, test } from '@jest/globals';
import { waitFor } from '@tidewatch/testing';
import { Sender } from './sender';

let server: Server | undefined;
afterEach(() => {
  server?.close();
});

/** A platform that gives these answers in turn, the last one again and again. */
async function platform(answers: { status: number; retryAfter?: string }[]) {
  const bodies: string[] = [];
  const requests: IncomingMessage[] = [];
  server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const answer = answers[Math.min(bodies.length, answers.length - 1)]!;
      bodies.push(Buffer.concat(chunks).toString());
      requests.push(request);
      response.writeHead(answer.status, answer.retryAfter ? { 'retry-after': answer.retryAfter } : {}).end();
    });
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, bodies, requests };
}

test('sends the same batch again after 503, with the key', async () => {
  const { url, bodies, requests } = await platform([{ status: 503 }, { status: 202 }]);
  const sender = new Sender({ url, key: 'tw_a_b' });
  sender.send([{ a: 1 }, { a: 2 }], () => undefined);
  await waitFor('the batch', () => sender.counts.accepted === 2);
  expect(sender.counts).toEqual({ accepted: 2, dropped: 0, retries: 1 });
  expect(bodies).toEqual(['[{"a":1},{"a":2}]', '[{"a":1},{"a":2}]']);
  expect(requests[0]!.headers['x-api-key']).toBe('tw_a_b');
});

test('a refusal for good is told', async () => {
  const { url } = await platform([{ status: 401 }]);
  const errors: Error[] = [];
  new Sender({ url, key: 'x' }).send([{}], (error) => errors.push(error));
  await waitFor('the refusal', () => errors.length === 1);
  expect(errors[0]!.message).toBe(`${url} refuses the readings with status 401`);
});

test('gives the oldest up when too many wait', async () => {
  const { url } = await platform([{ status: 503, retryAfter: '1' }]);
  const sender = new Sender({ url, key: 'x' });
  for (let i = 0; i < 65; i++) sender.send([{ i }], () => undefined);
  expect(sender.waitingBatches).toBe(60);
  expect(sender.counts.dropped).toBe(5);
  sender.stop();
});
