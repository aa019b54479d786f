import { connect, type Socket } from 'node:net';
import { delay } from '../delivery/backoff';
import { within } from './within';
import { WireReader } from './wire-reader';

/**
 * The one question that kafkajs 2.2.4 can't ask: its metadata requests end at version 6, ids of topics came with version 10.
 * @see https://kafka.apache.org/protocol.html (ApiVersions 0, Metadata 10)
 */
const API_VERSIONS = { key: 18, version: 0 };
const METADATA = { key: 3, version: 10 };

const ANSWER_TIMEOUT_MS = 5_000;
const DEADLINE_MS = 30_000;
const ASK_AGAIN_MS = 100;
const MAX_ANSWER_BYTES = 16 * 1024 * 1024;
const NONE = '0'.repeat(32);

/**
 * The id that the broker gave the topic when it was made: 32 hexadecimal digits, or empty on a broker that gives none (before Kafka 2.8).
 * Throws when none of the brokers answers within 30 s, or the topic does not exist.
 */
export async function topicId(brokers: readonly string[], topic: string): Promise<string> {
  const deadline = Date.now() + DEADLINE_MS;
  for (let attempt = 0; ; attempt++) {
    try {
      return await askOne(brokers[attempt % brokers.length]!, topic);
    } catch (error) {
      // It may also be that this broker has not heard of a new topic yet.
      if (Date.now() + ASK_AGAIN_MS >= deadline) throw error;
    }
    await delay(ASK_AGAIN_MS);
  }
}

async function askOne(broker: string, topic: string): Promise<string> {
  const colon = broker.lastIndexOf(':');
  const socket = connect({ host: broker.slice(0, colon), port: Number(broker.slice(colon + 1)) });
  try {
    const versions = await exchange(socket, request(API_VERSIONS, Buffer.alloc(0)));
    if (newestMetadata(versions) < METADATA.version) return '';
    const id = idIn(await exchange(socket, request(METADATA, metadataBody(topic))));
    if (id === NONE) throw new Error(`${broker} knows no topic ${topic}`);
    return id;
  } finally {
    socket.destroy();
  }
}

/** Length, then api, version, correlation (any) and no client id; from version 9 of Metadata on, the header also ends with tagged fields. */
function request({ key, version }: { key: number; version: number }, body: Buffer): Buffer {
  const header = Buffer.alloc(14);
  header.writeInt32BE(10 + body.length, 0);
  header.writeInt16BE(key, 4);
  header.writeInt16BE(version, 6);
  header.writeInt16BE(-1, 12);
  return Buffer.concat([header, body]);
}

function metadataBody(topic: string): Buffer {
  const name = Buffer.from(topic, 'utf8');
  if (name.length > 126) throw new RangeError(`the name of the topic ${topic} is too long`);
  return Buffer.concat([
    // Tagged fields of the header; one topic; no id.
    Buffer.from([0, 2]),
    Buffer.alloc(16),
    Buffer.from([name.length + 1]),
    name,
    // Tagged fields of the topic; no creation, no operations of cluster or topic; tagged fields.
    Buffer.from([0, 0, 0, 0, 0]),
  ]);
}

/** Writes one request and reads its answer, without the length and the correlation. */
function exchange(socket: Socket, bytes: Buffer): Promise<WireReader> {
  const answer = new Promise<Buffer>((resolve, reject) => {
    let got = Buffer.alloc(0);
    const onData = (chunk: Buffer): void => {
      got = Buffer.concat([got, chunk]);
      const length = got.length < 4 ? 0 : got.readInt32BE();
      if (length > MAX_ANSWER_BYTES) reject(new Error('this is no answer of Kafka'));
      if (got.length < 4 || got.length < 4 + length) return;
      socket.off('data', onData);
      resolve(got.subarray(8));
    };
    socket.on('data', onData);
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('the broker has closed the connection')));
  });
  socket.write(bytes);
  return within(answer, ANSWER_TIMEOUT_MS).then((body) => new WireReader(body));
}

function newestMetadata(answer: WireReader): number {
  answer.int16();
  for (let apis = answer.int32(); apis > 0; apis--) {
    const key = answer.int16();
    answer.int16();
    const newest = answer.int16();
    if (key === METADATA.key) return newest;
  }
  return -1;
}

function idIn(answer: WireReader): string {
  answer.skipTaggedFields();
  answer.int32();
  for (let brokers = answer.unsignedVarint() - 1; brokers > 0; brokers--) {
    answer.int32();
    answer.compactString();
    answer.int32();
    answer.compactString();
    answer.skipTaggedFields();
  }
  answer.compactString();
  answer.int32();
  answer.unsignedVarint();
  answer.int16();
  answer.compactString();
  return answer.uuid();
}
