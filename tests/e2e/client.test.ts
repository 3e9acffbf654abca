import type { Client } from '@outcry/client';
import { type ConnectOptions, connect, encryptWith, keyFromPassphrase, OutcryError, type Room } from '@outcry/client';
import {
  checkMessages,
  FaultProxy,
  type GatewayProcess,
  hasRedisServer,
  MessageHistory,
  type MemberLog,
  NO_FAULTS,
  payloadHash,
  RawClient,
  RedisProcess,
  startGateway,
  uniquePrefix,
  UNLIMITED,
} from '@outcry/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

const ROOM = 'pit';
const POLL = { timeout: 30_000, interval: 50 };
const CUTS = 6;
const MESSAGES_BETWEEN_CUTS = 15;

/** A reader of the room by way of the client library, and what it was told. */
interface Reader {
  readonly client: Client;
  readonly room: Room;
  readonly log: MemberLog;
  readonly texts: string[];
  gaps: number;
  recoveries: number;
}

describe.runIf(hasRedisServer())('the client library, through faults', () => {
  const prefix = uniquePrefix();
  const clients: Client[] = [];
  let redis: RedisProcess;
  let gateways: GatewayProcess[];
  let proxies: FaultProxy[];

  beforeAll(async () => {
    redis = await RedisProcess.start();
    gateways = await Promise.all(['a', 'b'].map((nodeId) => startNode(nodeId)));
    proxies = await Promise.all(gateways.map(({ port }) => FaultProxy.start({ host: '127.0.0.1', port })));
  });
  afterEach(() => {
    for (const client of clients.splice(0)) client.close();
  });
  afterAll(async () => {
    await Promise.all(proxies.map((proxy) => proxy[Symbol.asyncDispose]()));
    await Promise.all(gateways.map((gateway) => gateway[Symbol.asyncDispose]()));
    await redis[Symbol.asyncDispose]();
  });

  function startNode(nodeId: string): Promise<GatewayProcess> {
    const settings = { redisUrl: redis.url, redisPrefix: prefix, nodeId, ...UNLIMITED };
    return startGateway({ ...settings, reconnectSpreadMs: 100 });
  }

  /** A client that begins at one gateway, and tries the other in turn whenever it has to connect again. */
  function open(token: string, first: number, options: ConnectOptions = {}): Client {
    let attempt = first;
    const client = connect('ws://cluster/ws', {
      token,
      maxFramesPerSecond: 0,
      backoff: { baseMs: 100, maxMs: 500 },
      webSocket: (_, protocols) => {
        const proxy = proxies[attempt % proxies.length];
        attempt += 1;
        return new WebSocket(`ws://127.0.0.1:${String(proxy?.port)}/ws`, protocols);
      },
      ...options,
    });
    clients.push(client);
    return client;
  }

  function read(history: MessageHistory, name: string, first: number): Reader {
    const client = open(name, first);
    const log = history.openLog({ client: name, room: ROOM });
    const node = (): string => (client.status.state === 'connected' ? client.status.node : '');
    const room = client.join(ROOM, {
      history: 0,
      onEvent: (event) => {
        if (event.type === 'message') {
          log.message(event.seq, payloadHash(event.data));
          reader.texts.push(String(event.data));
        } else if (event.type === 'joined') {
          log.joined({ ...event.position, node: node(), recovered: event.isRecovered });
          if (event.isRecovered) reader.recoveries += 1;
        } else if (event.type === 'gap') {
          log.reset(event.position);
          reader.gaps += 1;
        } else if (event.type === 'stale' || event.type === 'fresh') {
          log[event.type]();
        }
      },
    });
    const reader: Reader = { client, room, log, texts: [], gaps: 0, recoveries: 0 };
    return reader;
  }

  async function publish(history: MessageHistory, room: Room, text: string): Promise<void> {
    const publisher = 'speaker';
    const { epoch, seq } = await room.publish(text, { key: text });
    history.published({
      publisher,
      room: ROOM,
      key: text,
      hash: payloadHash(text),
      outcome: { kind: 'ok', epoch, seq },
    });
  }

  it('gives every message once and in order while it is cut again and again, and a gateway drains', async () => {
    const history = new MessageHistory();
    const readers = [read(history, 'ann', 0), read(history, 'bob', 1)];
    const speaker = open('speaker', 0).join(ROOM, { history: 0, onEvent: () => undefined });
    await Promise.all([speaker.joined, ...readers.map(({ room }) => room.joined)]);

    const published: Promise<void>[] = [];
    for (let cut = 0; cut < CUTS; cut++) {
      for (let i = 0; i < MESSAGES_BETWEEN_CUTS; i++) {
        published.push(publish(history, speaker, `${String(cut)}-${String(i)}`));
      }
      proxies[cut % 2]?.dropConnections();
      // The next cut comes when the last message of this round is stored: whoever was cut is back, or on the way.
      await published.at(-1);
    }
    const drained = gateways[0]?.process.stop();
    for (let i = 0; i < MESSAGES_BETWEEN_CUTS; i++) published.push(publish(history, speaker, `drain-${String(i)}`));
    await Promise.all([drained, ...published]);

    const all = (CUTS + 1) * MESSAGES_BETWEEN_CUTS;
    for (const { texts } of readers) await expect.poll(() => texts.length, POLL).toBe(all);
    expect(checkMessages(history)).toMatchObject({ ...NO_FAULTS, acknowledged: all, examples: [] });
    for (const { gaps, recoveries, client } of readers) {
      expect(gaps).toBe(0);
      expect(recoveries).toBeGreaterThan(CUTS / 4);
      expect(client.status).toMatchObject({ state: 'connected', node: 'b' });
    }
  });

  it('tells that messages may be missing where Redis came back without them, and goes on', async () => {
    const history = new MessageHistory();
    const reader = read(history, 'cleo', 1);
    const speaker = open('speaker', 1).join(ROOM, { history: 0, onEvent: () => undefined });
    await Promise.all([speaker.joined, reader.room.joined]);
    await publish(history, speaker, 'before');
    await expect.poll(() => reader.texts, POLL).toEqual(['before']);

    await redis.kill();
    const meanwhile = publish(history, speaker, 'meanwhile');
    await expect.poll(() => reader.room.status, POLL).not.toBe('joined');
    await redis.restart();
    await meanwhile;
    await publish(history, speaker, 'after');

    await expect.poll(() => reader.texts.at(-1), POLL).toBe('after');
    expect(reader.gaps).toBeGreaterThan(0);
    expect(new Set(reader.texts).size).toBe(reader.texts.length);
    await expect.poll(() => reader.room.status, POLL).toBe('joined');
  });

  it('seals an encrypted room: neither Redis nor a relayed frame shows what was said', async () => {
    const secret = 'the owls are not what they seem';
    const current = await keyFromPassphrase({ id: 'k1', passphrase: 'fire', salt: 'vault', iterations: 1_000 });
    const encryption = encryptWith({ current });
    const spy = await RawClient.connect({ url: gateways[1]?.url ?? '', encoding: 'msgpack', token: 'spy' });
    await spy.expectAnswer('joined', { type: 'join', room: 'vault' });
    const ann = open('ann', 1).join<{ text: string }>('vault', { encryption });
    const bob = open('bob', 1, { encoding: 'json' }).join<{ text: string }>('vault', { encryption });
    await Promise.all([ann.joined, bob.joined]);

    await ann.publish({ text: secret });
    await bob.publish({ text: secret });
    const long = secret.repeat(300);
    await bob.publish({ text: long });
    for (const room of [ann, bob]) {
      const heard: string[] = [];
      for await (const { data } of room) if (heard.push(data.text) === 3) break;
      expect(heard).toEqual([secret, secret, long]);
    }
    const relayed = [await spy.next('message'), await spy.next('message'), await spy.next('message')];
    for (const frame of relayed) expect(spy.bytesOf(frame).includes(secret)).toBe(false);
    const stored = await dump(redis.url);
    expect(stored.includes('vault')).toBe(true);
    expect(stored.includes('owls')).toBe(false);
    await spy.close();
  });

  it('is told by name what the gateway refuses', async () => {
    const client = open('ann', 1);
    await expect(client.join('@bob').joined).rejects.toBeInstanceOf(OutcryError);
    await expect(client.book('NOSUCH').ready).rejects.toMatchObject({ code: 'unknownSymbol' });
  });
});

/** Everything that stands in a Redis, as the bytes of its dump format and its streams. */
async function dump(url: string): Promise<Buffer> {
  const redis = new Redis(url);
  const parts: Buffer[] = [];
  for (const key of await redis.keys('*')) {
    parts.push(Buffer.from(key));
    if ((await redis.type(key)) !== 'stream') continue;
    for (const [, fields] of await redis.xrangeBuffer(key, '-', '+')) parts.push(...fields);
  }
  redis.disconnect();
  return Buffer.concat(parts);
}
