import {
  type ClientFrame,
  CLOSE_CODES,
  type CloseCode,
  createClientCodec,
  createCodecs,
  Encoding,
  type ReceivedFrame,
} from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ApiError } from '../api/api-error.ts';
import type { Authenticate } from '../api/authenticate.ts';
import type { ConsoleMetrics } from '../observability/console-metrics.ts';
import { GatewayMetrics } from '../observability/metrics.ts';
import { LIVE_LIMITS, type LiveLimits } from './limits.ts';
import { LiveRooms } from './live-rooms.ts';
import { LiveSession } from './live-session.ts';
import type { LiveSocket } from './live-socket.ts';

const KEY = 'a-key-that-looks';
const HEALTH = '$console/health';
const client = createClientCodec(Encoding.Json);

class FakeSocket implements LiveSocket {
  readonly frames: ReceivedFrame[] = [];
  pings = 0;
  closeCode: CloseCode | undefined;
  /** It reads nothing. */
  isStuck = false;
  unread = 0;

  send(frame: Uint8Array | string): void {
    const text = typeof frame === 'string' ? frame : Buffer.from(frame).toString();
    if (this.isStuck) this.unread += text.length;
    const decoded = client.decodeServer(text);
    if (decoded !== undefined) this.frames.push(decoded);
  }

  bufferedBytes(): number {
    return this.unread;
  }

  ping(): void {
    this.pings += 1;
  }

  close(closeCode: CloseCode): void {
    this.closeCode ??= closeCode;
  }

  get types(): readonly string[] {
    return this.frames.map(({ type }) => type);
  }

  last(): ReceivedFrame | undefined {
    return this.frames.at(-1);
  }
}

let metrics: ConsoleMetrics;
let rooms: LiveRooms;
let state: unknown;
let authenticate: Authenticate;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  metrics = new GatewayMetrics().console;
  state = 1;
  const logger = { error: () => undefined };
  rooms = new LiveRooms({ ask: () => Promise.resolve(state), limits: LIVE_LIMITS, metrics, logger });
  authenticate = (token) =>
    token === KEY
      ? Promise.resolve({ name: 'on-call', mayAct: false })
      : Promise.reject(new ApiError('unauthorized', 'no key'));
});
afterEach(() => {
  vi.useRealTimers();
});

interface Opened {
  readonly socket: FakeSocket;
  readonly session: LiveSession;
  readonly say: (frame: ClientFrame<unknown>) => void;
  readonly pass: (ms: number) => Promise<void>;
}

function open(token?: string, limits: Partial<LiveLimits> = {}): Opened {
  const socket = new FakeSocket();
  const parts = {
    ...{ node: 'gw-1', rooms, metrics, codec: createCodecs()[Encoding.Json] },
    ...{ limits: { ...LIVE_LIMITS, ...limits }, logger: { error: () => undefined } },
    authenticate: (given: string | undefined) => authenticate(given),
  };
  const session = new LiveSession({ socket, connection: 'gw-1-console-1' }, parts);
  session.start(token);
  return {
    socket,
    session,
    say: (frame) => {
      session.received(Buffer.from(client.encodeClient(frame)), false);
    },
    pass: async (ms) => {
      for (let passed = 0; passed < ms; passed += 1000) {
        await vi.advanceTimersByTimeAsync(Math.min(1000, ms - passed));
        session.look();
      }
    },
  };
}

async function enter(limits: Partial<LiveLimits> = {}): Promise<Opened> {
  const opened = open(KEY, limits);
  await vi.advanceTimersByTimeAsync(0);
  return opened;
}

describe('whoever looks', () => {
  it('is welcomed with the limits, by a key of the handshake', async () => {
    const { socket } = await enter();
    expect(socket.frames).toMatchObject([
      {
        ...{ type: 'welcome', user: 'on-call', node: 'gw-1', connection: 'gw-1-console-1', maxRooms: 16 },
        ...{ maxFrameBytes: 8192, maxFramesPerSecond: 10, maxJoinsPerSecond: 5 },
      },
    ]);
  });

  it('may bring the key in the first frame, and be asked for more behind it', async () => {
    const { socket, say } = open();
    say({ type: 'auth', id: 1, token: KEY });
    say({ type: 'join', id: 2, room: HEALTH });
    say({ type: 'ping', id: 3 });
    expect(socket.frames).toEqual([]);
    await vi.advanceTimersByTimeAsync(0);
    expect(socket.types.slice(0, 4)).toEqual(['welcome', 'ack', 'joined', 'pong']);
    expect(socket.frames[1]).toEqual({ type: 'ack', id: 1, user: 'on-call' });
  });

  it.each([
    ['with a wrong key', 'a-wrong-key', undefined, CLOSE_CODES.unauthenticated],
    ['that begins with something else', undefined, { type: 'ping' }, CLOSE_CODES.unauthenticated],
    ['whose first frame is none of this protocol', undefined, { type: 'none' }, CLOSE_CODES.unauthenticated],
    ['that brings a wrong key', undefined, { type: 'auth', token: 'x' }, CLOSE_CODES.unauthenticated],
  ] as const)('is closed %s', async (...[, token, frame, closeCode]) => {
    const { socket, session } = open(token);
    if (frame !== undefined) session.received(Buffer.from(JSON.stringify(frame)), false);
    await vi.advanceTimersByTimeAsync(0);
    expect([socket.closeCode, socket.frames]).toEqual([closeCode, []]);
  });

  it.each([
    ['rateLimited', CLOSE_CODES.rateLimited],
    ['unavailable', CLOSE_CODES.undecided],
    ['forbidden', CLOSE_CODES.refused],
    [undefined, CLOSE_CODES.internalError],
  ] as const)('is told by the close code whether to come back: %s', async (code, closeCode) => {
    authenticate = () => Promise.reject(code === undefined ? new TypeError('a fault') : new ApiError(code, 'no'));
    expect((await enter()).socket.closeCode).toBe(closeCode);
  });

  it('has so long to say who it is, and no longer', async () => {
    const { socket, pass } = open();
    await pass(4000);
    expect(socket.closeCode).toBeUndefined();
    await pass(1000);
    expect(socket.closeCode).toBe(CLOSE_CODES.authTimeout);
    authenticate = () => new Promise(() => undefined);
    const other = open(KEY);
    await other.pass(5000);
    expect(other.socket.closeCode).toBe(CLOSE_CODES.authTimeout);
  });

  it('may say so much while its key is judged', async () => {
    authenticate = () => new Promise(() => undefined);
    const { socket, say } = open(KEY, { maxHeldFrames: 3 });
    for (let i = 0; i < 3; i += 1) say({ type: 'ping' });
    expect(socket.closeCode).toBeUndefined();
    say({ type: 'ping' });
    expect(socket.closeCode).toBe(CLOSE_CODES.rateLimited);
    await Promise.resolve();
  });

  it('is closed some seconds behind the end of its token, unless it brings a newer one', async () => {
    authenticate = () => Promise.resolve({ name: 'ann', mayAct: true, expiresAt: Date.now() + 10_000 });
    const [ann, bob] = [await enter(), await enter()];
    expect(ann.socket.frames[0]).toMatchObject({ expiresAt: Date.now() + 10_000 });
    await ann.pass(8000);
    ann.say({ type: 'auth', id: 1, token: 'newer' });
    await ann.pass(5000);
    bob.session.look();
    expect(ann.socket.frames).toContainEqual({ type: 'ack', id: 1, user: 'ann', expiresAt: Date.now() + 5000 });
    expect([ann.socket.closeCode, bob.socket.closeCode]).toEqual([undefined, CLOSE_CODES.tokenExpired]);
    await ann.pass(7000);
    expect(ann.socket.closeCode).toBe(CLOSE_CODES.tokenExpired);
  });

  it('stays who it is', async () => {
    const { socket, say } = await enter();
    say({ type: 'auth', id: 1, token: 'a-wrong-key' });
    await vi.advanceTimersByTimeAsync(0);
    expect(socket.last()).toMatchObject({ type: 'error', id: 1, code: 'unauthenticated' });
    authenticate = () => Promise.resolve({ name: 'somebody else', mayAct: true });
    say({ type: 'auth', id: 2, token: KEY });
    await vi.advanceTimersByTimeAsync(0);
    expect(socket.last()).toMatchObject({ type: 'error', id: 2, code: 'forbidden' });
    expect(socket.closeCode).toBeUndefined();
  });

  it('is who the provider says, whatever somebody is called', async () => {
    authenticate = () => Promise.resolve({ name: 'ann', subject: '4711', mayAct: true });
    const { socket, say } = await enter();
    const bring = async (id: number, bearer: { readonly name: string; readonly subject?: string }): Promise<void> => {
      authenticate = () => Promise.resolve({ ...bearer, mayAct: true });
      say({ type: 'auth', id, token: KEY });
      await vi.advanceTimersByTimeAsync(0);
    };
    await bring(1, { name: 'ann', subject: '4712' });
    expect(socket.last()).toMatchObject({ type: 'error', id: 1, code: 'forbidden' });
    await bring(2, { name: 'ann' });
    expect(socket.last()).toMatchObject({ type: 'error', id: 2, code: 'forbidden' });
    await bring(3, { name: 'ann of old', subject: '4711' });
    expect(socket.last()).toMatchObject({ type: 'ack', id: 3 });
  });

  it('is pinged, and closed where nothing comes', async () => {
    const { socket, session, pass } = await enter();
    await pass(15_000);
    expect(socket.pings).toBe(1);
    session.alive();
    await pass(44_000);
    expect(socket.closeCode).toBeUndefined();
    await pass(1000);
    expect(socket.closeCode).toBe(CLOSE_CODES.heartbeatTimeout);
  });

  it('is sent away when the gateway stops, and its rooms with it', async () => {
    const { socket, session, say } = await enter();
    say({ type: 'join', room: HEALTH });
    session.sendAway();
    expect(socket.last()?.type).toBe('draining');
    expect([socket.closeCode, rooms.size]).toEqual([CLOSE_CODES.restart, 0]);
  });
});

describe('what is said', () => {
  it.each([
    ['binary', [Buffer.of(0x91, 11), true], CLOSE_CODES.unsupportedData],
    ['no JSON', [Buffer.from('{'), false], CLOSE_CODES.malformed],
    ['too long', [Buffer.alloc(8193, ' '), false], CLOSE_CODES.tooBig],
  ] as const)('ends the connection where it is %s', async (...[, [bytes, isBinary], closeCode]) => {
    const { socket, session } = await enter();
    session.received(bytes, isBinary);
    expect(socket.closeCode).toBe(closeCode);
  });

  it.each([
    [{ type: 'publish', id: 1, room: HEALTH, data: 1 }, 'forbidden'],
    [{ type: 'publish', id: 1, room: 'lobby', data: 1 }, 'forbidden'],
    [{ type: 'signal', id: 1, room: HEALTH, name: 'typing' }, 'forbidden'],
    [{ type: 'history', id: 1, room: HEALTH, limit: 1 }, 'forbidden'],
    [{ type: 'members', id: 1, room: HEALTH }, 'forbidden'],
    [{ type: 'call', id: 1, method: 'drain' }, 'forbidden'],
    [{ type: 'symbols', id: 1 }, 'forbidden'],
    [{ type: 'subscribe', id: 1, symbol: 'BTCUSDT', depth: 10, interval: 100 }, 'forbidden'],
    [{ type: 'join', id: 1, room: 'lobby' }, 'forbidden'],
    [{ type: 'join', id: 1, room: '$console/drain?{"node":"gw-1"}' }, 'forbidden'],
    [{ type: 'join', id: 1, room: '$console/members?{}' }, 'badRequest'],
    [{ type: 'leave', id: 1, room: HEALTH }, 'notJoined'],
  ] as const)('is refused: %j', async (frame, code) => {
    const { socket, say } = await enter();
    say(frame);
    expect(socket.last()).toMatchObject({ type: 'error', id: 1, code });
    expect([socket.closeCode, rooms.size]).toEqual([undefined, 0]);
  });

  it('is no more than so many rooms', async () => {
    const { socket, say } = await enter({ maxRooms: 2 });
    for (const name of ['health', 'nodes', 'top']) say({ type: 'join', id: name, room: `$console/${name}` });
    expect(socket.last()).toMatchObject({ type: 'error', id: 'top', code: 'limitReached' });
    say({ type: 'leave', id: 1, room: HEALTH });
    say({ type: 'join', id: 'again', room: '$console/top' });
    expect(socket.last()).toMatchObject({ type: 'joined', id: 'again', room: '$console/top' });
  });

  it('is no faster than it may be: refused at first, and then ended', async () => {
    const { socket, say } = await enter({ frames: { perSecond: 1, burst: 2 } });
    for (let i = 0; i < 4; i += 1) say({ type: 'ping', id: i });
    expect(socket.types).toEqual(['welcome', 'pong', 'pong', 'error', 'error']);
    expect(socket.last()).toMatchObject({ id: 3, code: 'rateLimited', retryable: true });
    for (let i = 0; i < 99; i += 1) say({ type: 'ping' });
    expect(socket.closeCode).toBe(CLOSE_CODES.rateLimited);
    const joining = await enter({ joins: { perSecond: 1, burst: 1 } });
    for (let i = 0; i < 2; i += 1) joining.say({ type: 'join', id: i, room: HEALTH });
    expect(joining.socket.last()).toMatchObject({ id: 1, code: 'rateLimited' });
  });
});

describe('a room', () => {
  it('has the present state at once for whoever comes later', async () => {
    const ann = await enter();
    ann.say({ type: 'join', id: 1, room: HEALTH });
    expect(ann.socket.last()).toMatchObject({ type: 'joined', id: 1, room: HEALTH, recovered: false, seq: 0 });
    await ann.pass(500);
    const bob = await enter();
    bob.say({ type: 'join', id: 1, room: HEALTH });
    expect(bob.socket.frames.slice(1)).toMatchObject([
      { type: 'joined', id: 1, recovered: false, seq: 0 },
      { type: 'message', room: HEALTH, data: { result: 1 }, seq: 1 },
    ]);
    bob.say({ type: 'join', id: 2, room: HEALTH, history: 0 });
    expect(bob.socket.last()).toMatchObject({ type: 'joined', id: 2, seq: 1 });
  });

  it.each([
    [2, true, 2, false],
    [1, true, 1, true],
    [0, false, 1, true],
    [7, false, 1, true],
  ] as const)('is resumed from %i', async (...[seq, recovered, from, isTold]) => {
    const ann = await enter();
    ann.say({ type: 'join', room: HEALTH });
    await ann.pass(500);
    state = 2;
    await ann.pass(1000);
    const room = ann.socket.frames.find((frame) => frame.type === 'joined');
    const { epoch } = room as { epoch: string };
    ann.socket.frames.length = 0;
    ann.say({ type: 'join', id: 1, room: HEALTH, since: { epoch, seq }, history: 1000 });
    expect(ann.socket.frames[0]).toMatchObject({ type: 'joined', recovered, seq: from });
    expect(ann.socket.frames.slice(1)).toMatchObject(isTold ? [{ type: 'message', data: { result: 2 }, seq: 2 }] : []);
  });

  it('leaves out what a slow viewer has not read, and has it begin anew', async () => {
    const limits = { backlog: { softBufferBytes: 1000, hardBufferBytes: 10_000, laggingTimeoutMs: 60_000 } };
    const [slow, quick] = [await enter(limits), await enter(limits)];
    for (const viewer of [slow, quick]) viewer.say({ type: 'join', room: HEALTH });
    state = 'x'.repeat(1500);
    slow.socket.isStuck = true;
    await vi.advanceTimersByTimeAsync(0);
    const unread = slow.socket.unread;
    for (let i = 0; i < 20; i += 1) {
      state = i;
      await slow.pass(1000);
      quick.session.look();
    }
    // The notice that it lags, and not a byte of what came meanwhile.
    expect(slow.socket.unread - unread).toBeLessThan(100);
    expect(slow.socket.last()?.type).toBe('lagging');
    expect(quick.socket.types.filter((type) => type === 'message')).toHaveLength(21);
    slow.socket.unread = 0;
    slow.socket.isStuck = false;
    slow.session.look();
    const { epoch, seq } = slow.socket.last() as { epoch: string; seq: number };
    expect(slow.socket.last()).toEqual({ type: 'reset', room: HEALTH, epoch, seq });
    // As the client library does where it is told so.
    slow.say({ type: 'join', id: 1, room: HEALTH, since: { epoch, seq: 1 }, history: 1000 });
    expect(slow.socket.frames.slice(-2)).toMatchObject([
      { type: 'joined', recovered: false, seq: seq - 1 },
      { type: 'message', data: { result: 19 }, seq },
    ]);
    const { values } = await metrics.messages.get();
    expect(values.find(({ labels }) => labels['outcome'] === 'conflated')?.value).toBe(20);
  });

  it('gives up whoever reads nothing at all', async () => {
    const limits = { backlog: { softBufferBytes: 1000, hardBufferBytes: 10_000, laggingTimeoutMs: 5000 } };
    const { socket, say, session, pass } = await enter(limits);
    say({ type: 'join', room: HEALTH });
    state = 'x'.repeat(1500);
    socket.isStuck = true;
    await pass(6000);
    session.alive();
    expect(socket.closeCode).toBeUndefined();
    await pass(2000);
    expect(socket.closeCode).toBe(CLOSE_CODES.slowConsumer);
    expect(rooms.size).toBe(0);
  });

  it('gives up whoever asks on and reads no answer', async () => {
    const limits = { backlog: { softBufferBytes: 100, hardBufferBytes: 1000, laggingTimeoutMs: 60_000 } };
    const { socket, say } = await enter({ ...limits, frames: { perSecond: 1000, burst: 1000 } });
    socket.isStuck = true;
    for (let i = 0; i < 100; i += 1) say({ type: 'ping' });
    expect(socket.closeCode).toBe(CLOSE_CODES.slowConsumer);
    expect(socket.unread).toBeLessThan(1100);
  });

  it('is left with the connection', async () => {
    const { session, say } = await enter();
    for (const name of ['health', 'nodes']) say({ type: 'join', room: `$console/${name}` });
    expect(rooms.size).toBe(2);
    session.closed();
    expect([rooms.size, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
