import { encode } from '@msgpack/msgpack';
import {
  type GatewayProcess,
  RawClient,
  startGateway,
  startRedis,
  type TestRedis,
  uniquePrefix,
  type WireEncoding,
  UNLIMITED,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const ROOM = 'pit';
const PUBLISHERS = 4;
const MESSAGES_EACH = 2500;
const TOTAL = PUBLISHERS * MESSAGES_EACH;
const IN_FLIGHT = 50;
const SEQ_BYTES = 9;

describe('a room across three gateways', () => {
  let redis: TestRedis;
  let gateways: readonly GatewayProcess[];

  beforeAll(async () => {
    redis = await startRedis();
    const redisPrefix = uniquePrefix();
    gateways = await Promise.all(
      ['a', 'b', 'c'].map((nodeId) =>
        startGateway({
          redisUrl: redis.url,
          redisPrefix,
          nodeId,
          ...UNLIMITED,
          historyCount: 20_000,
        }),
      ),
    );
  });
  afterAll(async () => {
    await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
    await redis.stop();
  });

  async function join(gateway: GatewayProcess | undefined, encoding: WireEncoding, token: string): Promise<RawClient> {
    if (gateway === undefined) throw new Error('no such gateway');
    const client = await RawClient.connect({ url: gateway.url, encoding, token });
    await client.expectAnswer('joined', { type: 'join', room: ROOM, history: 0 });
    return client;
  }

  it(`gives ${String(TOTAL)} messages of ${String(PUBLISHERS)} publishers to every member in one order`, async () => {
    const members = await Promise.all(
      gateways.flatMap((gateway, i) => [
        join(gateway, 'msgpack', `m${String(i)}`),
        join(gateway, 'json', `j${String(i)}`),
      ]),
    );
    const publishers = await Promise.all(
      Array.from({ length: PUBLISHERS }, (_, i) =>
        join(gateways[i % gateways.length], i % 2 === 0 ? 'msgpack' : 'json', `p${String(i)}`),
      ),
    );

    await Promise.all(publishers.map(publishAll));
    const logs = await Promise.all(
      members.map(async (member) => {
        const log: { seq: number; content: string; bytes: Buffer }[] = [];
        while (log.length < TOTAL) {
          const message = await member.next('message', 60_000);
          const content = JSON.stringify([message.from, message.at, message.data]);
          log.push({ seq: message.seq, content, bytes: member.bytesOf(message) });
        }
        return { encoding: member.encoding, log };
      }),
    );

    const inOrder = Array.from({ length: TOTAL }, (_, i) => i + 1);
    const reference = logs[0]?.log.map(({ content }) => content);
    for (const { log } of logs) {
      expect(log.map(({ seq }) => seq)).toEqual(inOrder);
      expect(log.map(({ content }) => content)).toEqual(reference);
    }
    expect(new Set(reference).size).toBe(TOTAL);
    const binaryLogs = logs.filter(({ encoding }) => encoding === 'msgpack');
    expect(binaryLogs).toHaveLength(gateways.length);
    for (const { log } of binaryLogs) {
      expect(log.every(({ bytes }, i) => bytes.equals(binaryLogs[0]?.log[i]?.bytes ?? Buffer.alloc(0)))).toBe(true);
    }
    expectEachPublishersOrder(reference ?? []);
    await Promise.all([...members, ...publishers].map((client) => client.close()));
  });

  it('relays a payload byte for byte as it was published, with seq behind it', async () => {
    const [publisher, member] = await Promise.all([
      join(gateways[0], 'msgpack', 'raw'),
      join(gateways[1], 'msgpack', 'eye'),
    ]);
    // The number 1 in nine bytes, a str8 of two characters: forms that no encoder would choose, and that must survive.
    const payload = Buffer.from('82a16ecf0000000000000001a173d9026869', 'hex');
    const head = Buffer.concat([Buffer.from([0x94]), encode(4), encode(77), encode(ROOM), payload]);
    publisher.socket.sendBinary(head);
    const ack = await publisher.next({ type: 'ack', id: 77 });
    const message = await member.next({ type: 'message', from: 'raw' });
    expect(message.data).toEqual({ n: 1, s: 'hi' });
    const bytes = member.bytesOf(message);
    const seqBytes = Buffer.alloc(SEQ_BYTES, 0xcf);
    seqBytes.writeBigUInt64BE(BigInt(ack.seq ?? 0), 1);
    expect(bytes.subarray(-SEQ_BYTES)).toEqual(seqBytes);
    expect(bytes.subarray(-SEQ_BYTES - payload.length, -SEQ_BYTES)).toEqual(payload);
    await Promise.all([publisher.close(), member.close()]);
  });
});

/** Keeps several publishes under way, as a busy client does, and expects every one of them to be acknowledged. */
async function publishAll(publisher: RawClient): Promise<void> {
  for (let first = 0; first < MESSAGES_EACH; first += IN_FLIGHT) {
    const batch = Array.from({ length: IN_FLIGHT }, (_, i) =>
      publisher.expectAnswer('ack', { type: 'publish', room: ROOM, data: { n: first + i } }, 60_000),
    );
    await Promise.all(batch);
  }
}

/** What one publisher sent one after the other stays in that order. */
function expectEachPublishersOrder(contents: readonly string[]): void {
  const sent = new Map<string, number[]>();
  for (const content of contents) {
    const [from, , data] = JSON.parse(content) as [string, number, { n: number }];
    sent.set(from, [...(sent.get(from) ?? []), data.n]);
  }
  expect(sent.size).toBe(PUBLISHERS);
  for (const numbers of sent.values()) expect(numbers).toEqual(Array.from({ length: MESSAGES_EACH }, (_, i) => i));
}
