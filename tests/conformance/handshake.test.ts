import {
  closeCode,
  type GatewayProcess,
  HandshakeRefusedError,
  Opcode,
  RawSocket,
  startGateway,
  startRedis,
  type TestRedis,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';

import { connect, connectSocket, ENCODINGS, open, uniqueName } from './support/clients.ts';
import { OWNS_SERVER, useTarget } from './support/target.ts';

const target = useTarget();

describe('subprotocols', () => {
  test.each([
    ['outcry.v1.json', ['outcry.v1.json']],
    ['outcry.v1.msgpack', ['outcry.v1.msgpack']],
    ['outcry.v1.msgpack', ['outcry.v1.msgpack', 'outcry.v1.json']],
    ['outcry.v1.json', ['outcry.v1.json', 'outcry.v1.msgpack']],
    ['outcry.v1.msgpack', ['chat', 'outcry.v2.json', 'outcry.v1.msgpack']],
    ['outcry.v1.json', ['bearer.ann', 'outcry.v1.json']],
    ['outcry.v1.json', ['outcry.v1.json', 'bearer.ann']],
  ])('choose %s, the first known one of %j', async (chosen, subprotocols) => {
    const socket = await connectSocket({ url: target.url, subprotocols });
    expect(socket.subprotocol).toBe(chosen);
    expect((await socket.next()).kind).toBe(chosen === 'outcry.v1.json' ? 'text' : 'binary');
  });

  test('may be left out, which means JSON', async () => {
    const socket = await connectSocket({ url: target.url });
    expect(socket.subprotocol).toBeUndefined();
    const { kind, bytes } = await socket.next();
    expect(kind).toBe('text');
    expect(JSON.parse(bytes.toString())).toMatchObject({ type: 'welcome' });
  });

  test.each([[['chat']], [['outcry.v2.json', 'outcry.v0.msgpack']], [['OUTCRY.V1.JSON']], [['bearer.ann']]])(
    'are refused with HTTP 400 where none of %j is known',
    async (subprotocols) => {
      const error = await refusal(RawSocket.connect({ url: target.url, subprotocols }));
      expectRefusal(error, 400, 'badRequest');
    },
  );
});

describe.each(ENCODINGS)('a token in the handshake, %s', (encoding) => {
  test('names the user', async () => {
    const user = uniqueName('user');
    const client = await connect({ url: target.url, encoding, token: user });
    expect((await client.next('welcome')).user).toBe(user);
  });

  test.each(['all', 'a*b', 'x'.repeat(129)])(
    'is refused with the close code unauthenticated where it is %s',
    async (token) => {
      const client = await connect({ url: target.url, encoding, token });
      const { code, reason } = closeCode('unauthenticated');
      expect(await client.waitForClose()).toEqual({ code, reason });
    },
  );

  test('may be missing: the client is a guest, each with a name of its own', async () => {
    const guests = await Promise.all([1, 2].map(() => connect({ url: target.url, encoding })));
    const users = await Promise.all(guests.map(async (guest) => (await guest.next('welcome')).user));
    expect(new Set(users).size).toBe(2);
    for (const [index, guest] of guests.entries()) {
      expect(await guest.next({ type: 'joined', room: `@${String(users[index])}` })).toBeDefined();
    }
  });
});

describe('compression', () => {
  test('is not negotiated, though offered', async () => {
    const headers = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' };
    const socket = await connectSocket({ url: target.url, headers });
    expect(socket.response.headers['sec-websocket-extensions']).toBeUndefined();
  });

  test('ends the connection where it is used all the same', async () => {
    const socket = await connectSocket({ url: target.url });
    socket.sendFrame({ opcode: Opcode.Text, rsv: 0b100, payload: Buffer.from('{"type":"ping"}') });
    expect((await socket.waitForClose()).code).not.toBe(1000);
  });
});

describe.each(ENCODINGS)('WebSocket frames, %s', (encoding) => {
  test('make one protocol frame of the fragments of a message, also around a ping', async () => {
    const client = await open({ url: target.url, encoding });
    const [opcode, bytes] =
      encoding === 'json'
        ? [Opcode.Text, Buffer.from('{"type":"ping","id":"split"}')]
        : [Opcode.Binary, Buffer.from([0x92, 11, 0xa5, ...Buffer.from('split')])];
    client.socket.sendFrame({ opcode, fin: false, payload: bytes.subarray(0, 3) });
    client.socket.sendPing(Buffer.from('between'));
    client.socket.sendFrame({ opcode: Opcode.Continuation, fin: false, payload: bytes.subarray(3, 5) });
    client.socket.sendFrame({ opcode: Opcode.Continuation, payload: bytes.subarray(5) });
    expect((await client.socket.next(['pong'])).bytes.toString()).toBe('between');
    expect(await client.next('pong')).toMatchObject({ id: 'split' });
  });

  test.each([
    ['has a reserved bit', { rsv: 0b001 }],
    ['has an opcode that does not exist', { opcode: 0x3 }],
  ])('end the connection where one %s', async (_, fault) => {
    const client = await open({ url: target.url, encoding });
    client.socket.sendFrame({ opcode: Opcode.Text, payload: Buffer.from('{"type":"ping"}'), ...fault });
    expect((await client.waitForClose()).code).not.toBe(1000);
  });

  test('that close the connection are answered with the same code', async () => {
    const client = await open({ url: target.url, encoding });
    client.socket.sendClose(1000, 'bye');
    expect(await client.waitForClose()).toMatchObject({ code: 1000 });
  });
});

describe.runIf(OWNS_SERVER)('doors', () => {
  const ORIGIN = 'https://app.example.com';
  let redis: TestRedis;
  let gateway: GatewayProcess;
  beforeAll(async () => {
    redis = await startRedis();
    gateway = await startGateway({
      redisUrl: redis.url,
      origins: `${ORIGIN},http://localhost:1337`,
      maxConnections: 1,
    });
  });
  afterAll(async () => {
    await gateway[Symbol.asyncDispose]();
    await redis.stop();
  });

  test.each([
    ['a foreign origin', { Origin: 'https://evil.com' }],
    ['an origin that only begins like an allowed one', { Origin: `${ORIGIN}.evil.com` }],
    ['an origin without TLS', { Origin: 'http://app.example.com' }],
    ['the origin null', { Origin: 'null' }],
    ['a cookie and no origin', { Cookie: 'session=x' }],
  ])('are closed with HTTP 403 to %s', async (_, headers) => {
    const error = await refusal(RawSocket.connect({ url: gateway.url, headers }));
    expectRefusal(error, 403, 'forbidden');
    expect(error.response.headers['retry-after']).toBeUndefined();
  });

  test.each([
    ['an allowed origin', { Origin: ORIGIN, Cookie: 'session=x' }],
    ['no origin and no cookie', {}],
  ])('are open to %s, and closed with HTTP 503 to one more while the gateway is full', async (_, headers) => {
    const first = await untilAdmitted(() => RawSocket.connect({ url: gateway.url, headers }));
    const subprotocols = ['outcry.v1.json', 'bearer.not+a+user'];
    for (const url of [gateway.url, `${gateway.feedUrl}?symbol=BTCUSDT`]) {
      const error = await refusal(RawSocket.connect({ url, headers, subprotocols }));
      expectRefusal(error, 503, 'unavailable');
      expect(Number(error.response.headers['retry-after'])).toBeGreaterThan(0);
    }
    first.sendClose(1000);
    await first.waitForClose();
  });

  /** The gateway sees the end of the connection before a little after its client does. */
  async function untilAdmitted(attempt: () => Promise<RawSocket>): Promise<RawSocket> {
    for (;;) {
      try {
        return await attempt();
      } catch (error) {
        if (!(error instanceof HandshakeRefusedError) || error.response.status !== 503) throw error;
      }
    }
  }
});

async function refusal(attempt: Promise<RawSocket>): Promise<HandshakeRefusedError> {
  try {
    (await attempt).destroy();
  } catch (error) {
    if (error instanceof HandshakeRefusedError) return error;
    throw error;
  }
  throw new Error('the handshake was not refused');
}

function expectRefusal({ response }: HandshakeRefusedError, status: number, code: string): void {
  expect(response.status).toBe(status);
  expect(response.headers['content-type']).toBe('application/json');
  const retryable = status === 429 || status === 503;
  expect(JSON.parse(response.body)).toEqual({ error: { code, message: expect.any(String) as string, retryable } });
}
