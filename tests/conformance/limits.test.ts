import { encode } from '@msgpack/msgpack';
import { closeCode, encodeFrame, Opcode, type RawClient, type WireServerFrame } from '@outcry/testkit';
import { describe, expect, test } from 'vitest';

import { connect, ENCODINGS, idle, open, openIn, settle, uniqueName } from './support/clients.ts';
import { OWNS_SERVER, useTarget } from './support/target.ts';

/** The defaults of the document. */
const MAX_FRAME_BYTES = 16_384;
const MAX_CUT_BYTES = 65_536;
/** More than a hundred in the tenth of a second after which one may pass again, however slow the machine. */
const FLOOD = 2000;

describe('the default limits', () => {
  const target = useTarget();

  describe.each(ENCODINGS)('of frames, %s', (encoding) => {
    test('let a frame of maxFrameBytes pass', async () => {
      const client = await open({ url: target.url, encoding });
      sendPing(client, MAX_FRAME_BYTES);
      expect(await client.next('pong')).toMatchObject({ id: 1 });
    });

    test.each([MAX_FRAME_BYTES + 1, MAX_CUT_BYTES])('close with tooBig after a frame of %i bytes', async (size) => {
      const client = await open({ url: target.url, encoding });
      sendPing(client, size);
      const { code, reason } = closeCode('tooBig');
      expect(await client.waitForClose()).toEqual({ code, reason });
      expect(client.received.some(({ type }) => type === 'pong')).toBe(false);
    });

    test('cut the connection without a close frame after one of 65,537 bytes', async () => {
      const client = await open({ url: target.url, encoding });
      sendPing(client, MAX_CUT_BYTES + 1);
      expect(await client.waitForClose()).toEqual({ code: 1006, reason: '' });
    });
  });

  describe.each(ENCODINGS)('of payloads, %s', (encoding) => {
    test.each([
      ['32 arrays deep', nested(32)],
      ['an array of 300', filled(300)],
      ['a map of 70', entries(70)],
      ['a string of 5,000 bytes', 'é'.repeat(2500)],
      ['a string as long as a frame holds', 'x'.repeat(16_000)],
      ['a key of 5,000 bytes', { ['k'.repeat(5000)]: 1 }],
      ['words that only look dangerous', { constructor: 'Ferrari', prototype: { toString: 1 } }],
      ['the largest integer', 2 ** 53 - 1],
      ['the smallest integer', -(2 ** 53) + 1],
    ])('let pass %s', async (_, data) => {
      const room = uniqueName('room');
      const client = await openIn(room, { url: target.url, encoding });
      await client.expectAnswer('ack', { type: 'publish', room, data });
      expect((await client.next('message')).data).toEqual(data);
    });

    test.each([
      ['33 arrays deep', { list: [0, nested(32)] }, 'data.list[1]'],
      ['a prototype in a constructor', [{ constructor: { prototype: 1 } }], 'data[0].constructor.prototype'],
    ])('refuse a request whose payload is %s, name the place, and let the session go on', async (_, data, place) => {
      const room = uniqueName('room');
      const client = await openIn(room, { url: target.url, encoding });
      for (const id of ['one', 'two']) {
        const refusal = await client.expectAnswer('error', { type: 'publish', id, room, data });
        expect(refusal).toMatchObject({ id, code: 'badRequest', retryable: false });
        expect(refusal.message).toContain(place);
      }
      const signal = { type: 'signal', id: 'three', room, name: 'typing', data };
      expect(await client.request(signal)).toMatchObject({ id: 'three', code: 'badRequest' });
      await settle(client);
    });

    const REFUSED =
      encoding === 'json'
        ? {
            'the key __proto__': '{"__proto__":{}}',
            'an integer past 2^53': '[9007199254740992]',
            'half a surrogate pair': '"\\udc00"',
            'nesting as deep as a frame can be': `${'['.repeat(8000)}${']'.repeat(8000)}`,
          }
        : {
            'the key __proto__': [0x81, ...encode('__proto__'), 0x80],
            'an integer past 2^53': [0xcf, ...filled(8).map(() => 0xff)],
            'invalid UTF-8': [0xa2, 0xc3, 0x28],
            'an infinite float': [0xcb, 0x7f, 0xf0, 0, 0, 0, 0, 0, 0],
            'an extension type': [0xd4, 1, 0],
            'a timestamp': [0xd6, 0xff, 0, 0, 0, 0],
            'a key that is no string': [0x81, 1, 1],
            'nesting as deep as a frame can be': [...filled(16_000).map(() => 0x91), 0xc0],
          };

    test.each(Object.entries(REFUSED))('refuse a request with %s, and let the session go on', async (_, data) => {
      const client = await open({ url: target.url, encoding });
      if (typeof data === 'string') {
        client.socket.sendText(`{"type":"publish","id":"mine","room":"lobby","data":${data}}`);
      } else {
        client.socket.sendBinary(
          Buffer.concat([Buffer.of(0x94, 4), encode('mine'), encode('lobby'), Buffer.from(data)]),
        );
      }
      const refusal = await client.next('error');
      expect(refusal).toMatchObject({ id: 'mine', code: 'badRequest', retryable: false });
      expect(refusal.message).toMatch(/^data.*: expected /);
      await settle(client);
    });
  });
});

describe.runIf(OWNS_SERVER)('limits of a session', () => {
  const target = useTarget({
    feed: { symbols: 'BTCUSDT' },
    settings: { maxRooms: 2, maxSubscriptions: 2, maxFramesPerSecond: 20 },
  });

  describe.each(ENCODINGS)('%s', (encoding) => {
    test('are told in welcome', async () => {
      const client = await open({ url: target.url, encoding });
      expect(client.received[0]).toMatchObject({
        type: 'welcome',
        maxRooms: 2,
        maxSubscriptions: 2,
        maxFramesPerSecond: 20,
        maxFrameBurst: 40,
        maxBytesPerSecond: 262_144,
        maxByteBurst: 524_288,
        maxJoinsPerSecond: 20,
        maxJoinBurst: 40,
        maxSignalsPerSecond: 10,
        maxSignalBurst: 20,
        maxControlFramesPerSecond: 10,
        maxControlFrameBurst: 20,
        maxAnswerBytesPerSecond: 1_048_576,
        maxAnswerByteBurst: 16_777_216,
        maxCallsPerSecond: 10,
        maxCallBurst: 20,
      });
    });

    test('refuse one room too many, @all and the inbox aside, until one is left', async () => {
      const client = await open({ url: target.url, encoding });
      const [first, second, third] = [uniqueName('room'), uniqueName('room'), uniqueName('room')];
      await client.expectAnswer('joined', { type: 'join', room: first });
      await client.expectAnswer('joined', { type: 'join', room: second });
      const refusal = await client.expectAnswer('error', { type: 'join', room: third });
      expect(refusal).toMatchObject({ code: 'limitReached', retryable: false });
      await client.expectAnswer('joined', { type: 'join', room: first });
      await client.expectAnswer('joined', { type: 'join', room: '@all' });
      await client.expectAnswer('ack', { type: 'leave', room: second });
      await client.expectAnswer('joined', { type: 'join', room: third });
    });

    test('refuse one book too many, until one is let go', async () => {
      const client = await open({ url: target.url, encoding });
      const watch = (type: string, depth: number): { type: string } =>
        ({ type, symbol: 'BTCUSDT', depth, interval: 2000 }) as { type: string };
      await client.expectAnswer('ack', watch('subscribe', 1));
      await client.expectAnswer('ack', watch('subscribe', 10));
      const refusal = await client.expectAnswer('error', watch('subscribe', 25));
      expect(refusal).toMatchObject({ code: 'limitReached', retryable: false });
      await client.expectAnswer('ack', watch('subscribe', 1));
      await client.expectAnswer('ack', watch('unsubscribe', 10));
      await client.expectAnswer('ack', watch('subscribe', 25));
    });

    test('drop frames that come too fast, say which by their ids, and let the session live', async () => {
      const client = await open({ url: target.url, encoding });
      const ids = Array.from({ length: 100 }, (_, i) => `too fast ${String(i)}`);
      const startedAt = performance.now();
      client.sendAtOnce(ids.map((id) => ({ type: 'ping', id })));
      const answers = await take(client, 100);
      const seconds = (performance.now() - startedAt) / 1000;
      expect(new Set(answers.map((answer) => 'id' in answer && answer.id))).toEqual(new Set(ids));
      const firstRefusal = answers.findIndex(({ type }) => type === 'error');
      expect(answers[firstRefusal]).toMatchObject({ code: 'rateLimited', retryable: true });
      // Two seconds' worth may come at once, less what the start of the session has taken.
      expect(firstRefusal).toBeGreaterThanOrEqual(30);
      expect(firstRefusal).toBeLessThanOrEqual(40 + Math.ceil(20 * seconds));
      await idle(1000);
      expect(await client.request({ type: 'ping', id: 'slowly' })).toMatchObject({ type: 'pong' });
    });

    test('never refuse for its pace who keeps to what welcome says', async () => {
      const client = await connect({ url: target.url, encoding, token: uniqueName('user') });
      const { maxFramesPerSecond = 0, maxFrameBurst = 0 } = await client.next('welcome');
      expect(maxFrameBurst).toBe(2 * maxFramesPerSecond);
      const ping = (id: string): Promise<unknown> => client.request({ type: 'ping', id });
      await Promise.all(Array.from({ length: maxFrameBurst }, (_, i) => ping(`burst ${String(i)}`)));
      for (let i = 0; i < maxFramesPerSecond; i++) {
        await idle(1000 / maxFramesPerSecond + 1);
        await ping(`steady ${String(i)}`);
      }
      expect(client.received.filter(({ type }) => type === 'error')).toEqual([]);
    });

    test('close with rateLimited after 100 such errors', async () => {
      const client = await open({ url: target.url, encoding });
      const startedAt = performance.now();
      client.sendAtOnce(Array.from({ length: 400 }, () => ({ type: 'ping' })));
      const { code, reason } = closeCode('rateLimited');
      expect(await client.waitForClose()).toEqual({ code, reason });
      const seconds = (performance.now() - startedAt) / 1000;
      const errors = client.received.filter(({ type }) => type === 'error').length;
      expect(errors).toBeGreaterThanOrEqual(99);
      // One a second is forgiven.
      expect(errors).toBeLessThanOrEqual(101 + Math.ceil(seconds));
    });
  });
});

describe.runIf(OWNS_SERVER)('the rate of answers', () => {
  const target = useTarget({
    settings: { maxAnswerBytesPerSecond: 100, maxFramesPerSecond: 0, maxBytesPerSecond: 0 },
  });
  const large = 'x'.repeat(16_000);

  describe.each(ENCODINGS)('%s', (encoding) => {
    test('refuses requests for more once a burst has been answered, but no message, and closes who asks on', async () => {
      const room = uniqueName('room');
      const client = await openIn(room, { url: target.url, encoding });
      for (let i = 0; i < 5; i++) await client.expectAnswer('ack', { type: 'publish', room, data: large });
      const ids = Array.from({ length: 20 }, (_, i) => `page ${String(i)}`);
      client.sendAtOnce(ids.map((id) => ({ type: 'history', id, room, limit: 5 })));
      const isPage = (frame: WireServerFrame): boolean => 'id' in frame && ids.includes(String(frame.id));
      const answers: WireServerFrame[] = [];
      for (const id of ids) answers.push(await client.nextWhere(isPage, { what: id }));
      // The first takes what it would take a quarter of an hour to pay back.
      expect(answers.map(({ type }) => type)).toEqual(['ack', ...ids.slice(1).map(() => 'error')]);
      for (const answer of answers.slice(1)) expect(answer).toMatchObject({ code: 'rateLimited', retryable: true });
      await client.expectAnswer('ack', { type: 'publish', room, data: 'still' });
      client.sendAtOnce(Array.from({ length: 400 }, () => ({ type: 'symbols' })));
      const { code, reason } = closeCode('rateLimited');
      expect(await client.waitForClose()).toEqual({ code, reason });
    });
  });
});

describe.runIf(OWNS_SERVER)('rates besides that of frames', () => {
  const target = useTarget({
    feed: { symbols: 'BTCUSDT' },
    settings: { maxBytesPerSecond: 4 * MAX_FRAME_BYTES, maxJoinsPerSecond: 5, maxRooms: 2, maxFramesPerSecond: 0 },
  });
  const refusal = { code: 'rateLimited', retryable: true };

  describe.each(ENCODINGS)('%s', (encoding) => {
    test('drop what is more than so many bytes a second, and let the session live', async () => {
      const client = await open({ url: target.url, encoding });
      const startedAt = performance.now();
      for (let i = 0; i < 40; i++) sendPing(client, MAX_FRAME_BYTES);
      const answers = await take(client, 40);
      const seconds = (performance.now() - startedAt) / 1000;
      const firstRefusal = answers.findIndex(({ type }) => type === 'error');
      expect(answers[firstRefusal]).toMatchObject({ id: 1, ...refusal });
      // Two seconds' worth may come at once.
      expect(firstRefusal).toBeGreaterThanOrEqual(8);
      expect(firstRefusal).toBeLessThanOrEqual(9 + Math.ceil(4 * seconds));
      await idle(300);
      expect(await client.request({ type: 'ping', id: 'slowly' })).toMatchObject({ type: 'pong' });
    });

    test('refuse joins that come too fast, by their id, and let the session live', async () => {
      const client = await open({ url: target.url, encoding });
      const room = uniqueName('room');
      client.sendAtOnce(Array.from({ length: 50 }, (_, i) => ({ type: 'join', id: i + 1, room, history: 0 })));
      const { id } = await client.next({ type: 'error', ...refusal });
      expect(id).toBeGreaterThan(10);
      await settle(client);
      await idle(300);
      await client.expectAnswer('joined', { type: 'join', room, history: 0 });
    });

    test.each([
      ['pings', Opcode.Ping],
      ['pongs', Opcode.Pong],
    ] as const)('tell who sends %s too fast, then close with rateLimited', async (_, opcode) => {
      const client = await open({ url: target.url, encoding });
      flood(client, opcode);
      expect(await client.next('error')).toMatchObject(refusal);
      const { code, reason } = closeCode('rateLimited');
      expect(await client.waitForClose()).toEqual({ code, reason });
    });

    test('hold on a feed of books, too', async () => {
      const url = `${target.feedUrl}?symbol=BTCUSDT`;
      const client = await connect({ url, encoding });
      await client.next('snapshot');
      flood(client, Opcode.Ping);
      expect(await client.next('error')).toMatchObject(refusal);
      expect(await client.waitForClose()).toMatchObject({ code: closeCode('rateLimited').code });
    });
  });
});

describe.runIf(OWNS_SERVER)('the history of a room', () => {
  const target = useTarget({ settings: { historyCount: 5, historyMs: 3000 } });

  describe.each(ENCODINGS)('%s', (encoding) => {
    test('keeps so many messages; the oldest go', async () => {
      const room = uniqueName('room');
      const publisher = await openIn(room, { url: target.url, encoding });
      let epoch = '';
      for (let data = 1; data <= 8; data++) {
        ({ epoch = '' } = await publisher.expectAnswer('ack', { type: 'publish', room, data }));
        await publisher.next('message');
      }
      const member = await open({ url: target.url, encoding });
      const all = await member.expectAnswer('joined', { type: 'join', room, history: 100 });
      expect(all.seq).toBe(3);
      const held = await member.expectAnswer('joined', { type: 'join', room, since: { epoch, seq: 3 } });
      expect(held).toMatchObject({ recovered: true, seq: 3 });
      const trimmed = await member.expectAnswer('joined', { type: 'join', room, since: { epoch, seq: 2 }, history: 2 });
      expect(trimmed).toMatchObject({ recovered: false, seq: 6 });
      const ack = await member.expectAnswer('ack', { type: 'history', room, limit: 100 });
      expect(ack.messages?.map(({ seq }) => seq)).toEqual([4, 5, 6, 7, 8]);
    });

    test('keeps them so long; the oldest go', async () => {
      const room = uniqueName('room');
      const client = await openIn(room, { url: target.url, encoding });
      const { at } = await publishAndReceive(client, room);
      for (;;) {
        const ack = await client.expectAnswer('ack', { type: 'history', room, limit: 10 });
        if (ack.messages?.length === 0) break;
        expect(Date.now() - at).toBeLessThan(30_000);
        await idle(250);
      }
      expect(Date.now() - at).toBeGreaterThan(2000);
    });
  });
});

/** The next answers to pings, those that are refused included. */
async function take(client: RawClient, count: number): Promise<readonly WireServerFrame[]> {
  const answers: WireServerFrame[] = [];
  while (answers.length < count) {
    answers.push(await client.nextWhere(({ type }) => type === 'pong' || type === 'error', { what: 'pong or error' }));
  }
  return answers;
}

/** A ping of exactly so many bytes: what is behind the known fields is ignored. */
function sendPing(client: RawClient, size: number): void {
  if (client.encoding === 'json') {
    const text = '{"type":"ping","id":1}';
    client.socket.sendText(text.padEnd(size));
    return;
  }
  const parts = [Buffer.of(0x9f, 11, 1)];
  const perElement = Math.floor((size - 3) / 13);
  for (let i = 0; i < 13; i++) {
    const length = (i < 12 ? perElement : size - 3 - 12 * perElement) - 3;
    parts.push(Buffer.of(0xda, length >> 8, length & 0xff), Buffer.alloc(length, 'x'));
  }
  client.socket.sendBinary(Buffer.concat(parts));
}

/**
 * In one write, which the gateway reads at once: whoever still writes while it closes is cut off by a reset, and what the gateway said
 * before is lost with it.
 */
function flood(client: RawClient, opcode: Opcode): void {
  const frames = Array.from({ length: FLOOD }, () => encodeFrame({ opcode, payload: Buffer.alloc(0) }));
  client.socket.sendRaw(Buffer.concat(frames));
}

async function publishAndReceive(client: RawClient, room: string): Promise<{ at: number }> {
  await client.expectAnswer('ack', { type: 'publish', room, data: 1 });
  return client.next('message');
}

function nested(depth: number): unknown {
  return depth === 1 ? [] : [nested(depth - 1)];
}

function filled(length: number): number[] {
  return new Array<number>(length).fill(7);
}

function entries(count: number): unknown {
  return Object.fromEntries(filled(count).map((value, index) => [`k${String(index)}`, value]));
}
