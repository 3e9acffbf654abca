import { CLOSE_CODES } from '@outcry/protocol';
import { afterEach, describe, expect, it } from 'vitest';

import type { ConnectOptions } from '../connection/options.ts';
import type { ClientStatus } from './status.ts';
import { ClientHarness } from '../testing/client-harness.ts';

const DAY_MS = 86_400_000;
/** No ping comes between. */
const QUIET = { pingAfterMs: DAY_MS };
/** Not as a handshake can carry it. */
const WIDE_TOKEN = 'ann:1';
let harness: ClientHarness;

function start(options: ConnectOptions = {}): ClientHarness {
  harness = new ClientHarness({ ...QUIET, ...options });
  return harness;
}

/** A function that gives t1, t2 and so on. */
function counted(): { readonly token: () => string; readonly given: () => number } {
  let given = 0;
  return { token: () => `t${String((given += 1))}`, given: () => given };
}

/** Welcomes the client with a token that holds so long. */
async function goLiveFor(lifeMs: number): Promise<void> {
  await harness.goLive({ heartbeatMs: DAY_MS, expiresAt: harness.platform.now() + lifeMs });
}

function answerAuth(answer: { readonly expiresAt?: number; readonly user?: string }): void {
  harness.socket.receive({ type: 'ack', id: Number(harness.socket.of('auth').at(-1)?.id), ...answer });
}

function refuseAuth(retryable: boolean): void {
  const id = Number(harness.socket.of('auth').at(-1)?.id);
  harness.socket.receive({ type: 'error', id, code: 'unauthenticated', message: 'not this one', retryable });
}

afterEach(() => {
  harness.end();
});

describe('a token that is replaced', () => {
  it.each([
    ['a fifth of its life before it ends', 100_000, 80_000],
    ['a minute before it ends, where it lives for long', 3_600_000, 3_540_000],
    ['once a second at most, however short it lives', 500, 1_000],
    ['once a second at most, where it has ended already', -5_000, 1_000],
  ])('is had anew %s', async (_, lifeMs, afterMs) => {
    const { token, given } = counted();
    const { platform } = start({ token });
    await goLiveFor(lifeMs);
    await platform.pass(afterMs - 1);
    expect(given()).toBe(1);
    await platform.pass(1);
    expect(given()).toBe(2);
    expect(harness.socket.of('auth')).toMatchObject([{ token: 't2' }]);
  });

  it('is had anew by the end of the one that was taken last, under the name that it gives', async () => {
    const { token, given } = counted();
    const statuses: ClientStatus[] = [];
    const { client, platform } = start({ token, onStatus: (status) => statuses.push(status) });
    await goLiveFor(100_000);
    await platform.pass(80_000);
    answerAuth({ expiresAt: platform.now() + 1_000_000, user: 'ann' });
    await platform.pass(939_999);
    expect(given()).toBe(2);
    await platform.pass(1);
    expect(given()).toBe(3);
    answerAuth({ user: 'anne' });
    await platform.pass(DAY_MS / 2);
    expect([given(), client.status]).toMatchObject([3, { state: 'connected' }]);
    expect(statuses.map(({ state }) => state)).toEqual(['connecting', 'connected']);
  });

  it.each([
    ['is refused', 5_000, refuseAuth],
    ['has no answer', 15_000, () => undefined],
  ])('leaves the connection as it is where it %s, and another is asked for', async (_, afterMs, answer) => {
    const { token, given } = counted();
    const { client, platform } = start({ token });
    await goLiveFor(100_000);
    await platform.pass(80_000);
    answer(false);
    await platform.pass(afterMs - 1);
    expect([given(), client.status.state]).toEqual([2, 'connected']);
    await platform.pass(1);
    expect(given()).toBe(3);
    expect(harness.socket.of('auth')).toMatchObject([{ token: 't2' }, { token: 't3' }]);
    expect(platform.sockets).toHaveLength(1);
  });

  it('leaves the connection as it is where none can be had, and is asked for again in five seconds', async () => {
    let calls = 0;
    const token = (): string => {
      calls += 1;
      if (calls === 2) throw new Error('busy');
      return `t${String(calls)}`;
    };
    const { client, platform } = start({ token });
    await goLiveFor(100_000);
    await platform.pass(80_000);
    expect(calls).toBe(2);
    await platform.pass(4_999);
    expect([calls, client.status.state]).toEqual([2, 'connected']);
    await platform.pass(1);
    expect(harness.socket.of('auth')).toMatchObject([{ token: 't3' }]);
  });

  it('is asked for again in half a minute where the function does not answer, and the late one is not taken', async () => {
    const answers: ((token: string) => void)[] = [];
    const { platform } = start({ token: () => new Promise((resolve) => answers.push(resolve)) });
    answers[0]?.('t1');
    await goLiveFor(100_000);
    await platform.pass(80_000 + 29_999);
    expect(answers).toHaveLength(2);
    await platform.pass(1);
    expect(answers).toHaveLength(3);
    answers[1]?.('late');
    await platform.pass(0);
    expect(harness.socket.of('auth')).toEqual([]);
    answers[2]?.('t3');
    await platform.pass(0);
    expect(harness.socket.of('auth')).toMatchObject([{ token: 't3' }]);
  });

  it('is not given up for what an earlier call says in the end', async () => {
    const calls: ((error: Error) => void)[] = [];
    const { client, platform } = start({ token: () => new Promise((_resolve, reject) => calls.push(reject)) });
    while (calls.length < 2) await platform.pass(1_000);
    const { status } = client;
    expect(status).toMatchObject({ state: 'reconnecting', retryAt: undefined });
    calls[0]?.(new Error('late'));
    await platform.pass(0);
    expect(client.status).toEqual(status);
  });

  it('is not asked for where the program gave but one', async () => {
    const { client, platform } = start({ token: 'ann' });
    await goLiveFor(100_000);
    await platform.pass(DAY_MS / 2);
    expect(harness.socket.of('auth')).toEqual([]);
    expect(client.status.state).toBe('connected');
  });

  it('that came too late is had anew for the next connection', async () => {
    const { token } = counted();
    const { client, platform } = start({ token });
    await goLiveFor(100_000);
    harness.socket.lose(CLOSE_CODES.tokenExpired.code);
    expect(client.status).toMatchObject({
      state: 'reconnecting',
      error: { code: 'disconnected', isRetryable: true, closeCode: CLOSE_CODES.tokenExpired.code },
    });
    await platform.pass(250);
    expect(harness.socket.protocols).toContain('bearer.t2');
  });
});

describe('a first token', () => {
  it('that cannot be had is asked for again, with the wait between attempts', async () => {
    const cause = new Error('busy');
    let calls = 0;
    const token = (): string => {
      calls += 1;
      if (calls === 1) throw cause;
      return 't2';
    };
    const { client, platform } = start({ token });
    await platform.pass(0);
    expect(client.status).toMatchObject({
      state: 'reconnecting',
      attempt: 1,
      retryAt: platform.now() + 500,
      error: { code: 'unauthenticated', message: 'there was no token to be had: busy', cause, isRetryable: true },
    });
    expect(platform.sockets).toEqual([]);
    await platform.pass(500);
    expect(harness.socket.protocols).toContain('bearer.t2');
  });

  it('that takes too long ends the attempt, which says so', async () => {
    const { client, platform } = start({ token: () => new Promise(() => undefined), connectTimeoutMs: 5_000 });
    await platform.pass(5_000);
    expect(client.status).toMatchObject({ state: 'reconnecting', error: { code: 'timedOut', isRetryable: true } });
    expect(client.status).toHaveProperty('error.message', 'there was no token within the time limit');
  });

  it('that is none says that nobody is logged in any more, before a connection and on one', async () => {
    const loggedOut = {
      state: 'closed',
      error: { code: 'unauthenticated', message: 'logged out: the token function gave none', isRetryable: false },
    };
    const none = start({ token: () => undefined });
    await none.platform.pass(0);
    expect(none.client.status).toMatchObject(loggedOut);
    none.end();
    let calls = 0;
    const { client, platform } = start({ token: () => (++calls === 1 ? 't1' : undefined) });
    await goLiveFor(100_000);
    await platform.pass(80_000);
    expect(client.status).toMatchObject(loggedOut);
    expect(harness.socket.isClosed).toBe(true);
  });
});

describe('a token that no handshake can carry', () => {
  async function welcomed(options: ConnectOptions = {}): Promise<void> {
    start({ token: WIDE_TOKEN, ...options });
    await harness.goLive();
    expect(harness.socket.of('auth')).toMatchObject([{ token: WIDE_TOKEN }]);
    expect(harness.client.status.state).toBe('connecting');
  }

  it('ends the client where the gateway refuses it', async () => {
    await welcomed();
    refuseAuth(false);
    expect(harness.client.status).toMatchObject({
      state: 'closed',
      error: { code: 'unauthenticated', message: 'not this one', isRetryable: false },
    });
    expect(harness.socket.isClosed).toBe(true);
  });

  it('is brought again on another connection where the gateway cannot tell now', async () => {
    await welcomed();
    refuseAuth(true);
    const { client, platform } = harness;
    expect(platform.sockets[0]?.isClosed).toBe(true);
    expect(client.status).toMatchObject({
      state: 'reconnecting',
      attempt: 1,
      error: { code: 'disconnected', message: 'not this one', isRetryable: true },
    });
    await platform.pass(500);
    await harness.goLive();
    answerAuth({});
    expect(client.status).toMatchObject({ state: 'connected', user: 'ann' });
  });

  it('is given the time of an attempt from the welcome on, and then the connection is another', async () => {
    await welcomed({ connectTimeoutMs: 5_000 });
    const { client, platform } = harness;
    await platform.pass(4_999);
    expect(client.status.state).toBe('connecting');
    await platform.pass(1);
    expect(client.status).toMatchObject({
      state: 'reconnecting',
      error: { code: 'timedOut', message: 'no gateway answered within the time limit', isRetryable: true },
    });
    expect(platform.sockets[0]?.isClosed).toBe(true);
  });

  it('is not brought before the connection is open, whatever a socket that was given up still says', async () => {
    const { platform } = start({ token: WIDE_TOKEN, connectTimeoutMs: 5_000 });
    await platform.pass(0);
    const first = harness.socket;
    await platform.pass(5_500);
    expect(platform.sockets).toHaveLength(2);
    first.open();
    expect(platform.sockets.flatMap(({ sent }) => sent)).toEqual([]);
    harness.socket.open();
    expect(harness.socket.of('auth')).toHaveLength(1);
  });

  it('is not taken for answered by an answer to something else', async () => {
    await welcomed();
    harness.socket.receive({ type: 'ack', id: 999 });
    harness.socket.receive({ type: 'ack' });
    harness.socket.receive({ type: 'error', code: 'unavailable', message: 'later', retryable: true });
    expect(harness.client.status.state).toBe('connecting');
    answerAuth({});
    expect(harness.client.status.state).toBe('connected');
  });
});

describe('an attempt', () => {
  it('that no gateway answers is given up, and its socket closed', async () => {
    const { client, platform } = start({ connectTimeoutMs: 5_000 });
    await platform.pass(4_999);
    expect(client.status).toEqual({ state: 'connecting' });
    await platform.pass(1);
    expect(client.status).toMatchObject({
      state: 'reconnecting',
      attempt: 1,
      retryAt: platform.now() + 500,
      error: { code: 'timedOut', isRetryable: true },
    });
    expect(platform.sockets[0]?.isClosed).toBe(true);
    await platform.pass(500);
    expect(client.status).toMatchObject({ state: 'reconnecting', attempt: 1, retryAt: undefined });
  });

  it('that succeeds is the end of what went wrong before', async () => {
    const { client, platform } = start();
    await harness.goLive();
    const connected = {
      state: 'connected',
      user: 'ann',
      node: 'n',
      connection: 'c',
      isLagging: false,
      isDraining: false,
    };
    expect(client.status).toEqual(connected);
    harness.socket.receive({ type: 'draining', reconnectInMs: 100 });
    harness.socket.receive({ type: 'lagging', bufferedBytes: 300_000 });
    harness.socket.lose(CLOSE_CODES.restart.code);
    await platform.pass(100);
    await harness.goLive();
    expect(client.status).toEqual(connected);
    harness.socket.lose(CLOSE_CODES.slowConsumer.code);
    // The second loss in a row: neither as the first one drained, nor at once.
    expect(client.status).toMatchObject({ retryAt: platform.now() + 1_000, attempt: 2 });
  });

  it('follows at once, but not in the same instant, where the gateway says so', async () => {
    const { client, platform } = start();
    await harness.goLive();
    harness.socket.lose(CLOSE_CODES.reconnect.code);
    expect(client.status).toMatchObject({ retryAt: platform.now() + 125 });
  });

  it('is not made again where a close code says never, which no one need try to mend', async () => {
    const { client } = start();
    await harness.goLive();
    harness.socket.lose(CLOSE_CODES.revoked.code);
    expect(client.status).toMatchObject({ state: 'closed', error: { isRetryable: false } });
    expect(client.status).toHaveProperty('error.message', 'the gateway closed the connection: revoked');
  });
});

describe('a client that is closed', () => {
  it('goes on saying why, whoever closes it once more', async () => {
    const statuses: ClientStatus[] = [];
    const { client } = start({ onStatus: (status) => statuses.push(status) });
    await harness.goLive();
    harness.socket.lose(CLOSE_CODES.revoked.code);
    client.close();
    expect(client.status).toMatchObject({ state: 'closed', error: { closeCode: CLOSE_CODES.revoked.code } });
    expect(statuses.map(({ state }) => state)).toEqual(['connecting', 'connected', 'closed']);
  });
});

describe('a client that reads too slowly', () => {
  it('is told so, and no more once five seconds have passed', async () => {
    const { client, platform } = start();
    await harness.goLive();
    harness.socket.receive({ type: 'lagging', bufferedBytes: 300_000 });
    await platform.pass(4_999);
    expect(client.status).toMatchObject({ state: 'connected', isLagging: true });
    await platform.pass(1);
    expect(client.status).toMatchObject({ state: 'connected', isLagging: false });
  });

  it('is told so for as long, also where the gateway is asked meanwhile whether it is there', async () => {
    const { client, platform } = start({ pingAfterMs: 2_000 });
    await harness.goLive();
    harness.socket.receive({ type: 'lagging', bufferedBytes: 300_000 });
    await platform.pass(2_000);
    expect([harness.socket.of('ping').length, client.status]).toMatchObject([1, { isLagging: true }]);
  });
});

describe('a connection on which things are late', () => {
  it('is told as lagging once an answer is overdue while other things come, and with the next quick answer no more', async () => {
    const { client, platform } = start({ pingAfterMs: 10_000 });
    await harness.goLive();
    const isLagging = (): unknown => client.status.state === 'connected' && client.status.isLagging;
    const somethingComes = (): void => {
      harness.socket.receive({ type: 'fresh', room: 'lobby' });
    };
    const pongComes = (): void => {
      harness.socket.receive({ type: 'pong', at: platform.now() });
    };
    await platform.pass(10_000 + 2_999);
    somethingComes();
    expect(isLagging()).toBe(false);
    await platform.pass(1);
    somethingComes();
    expect(isLagging()).toBe(true);
    // An answer to somebody's own ping is none to this one.
    harness.socket.receive({ type: 'pong', id: 7, at: platform.now() });
    await platform.pass(50);
    expect(harness.socket.of('ping')).toHaveLength(1);
    pongComes();
    expect([isLagging(), harness.socket.of('ping').length]).toEqual([true, 1]);
    await platform.pass(50);
    expect(harness.socket.of('ping')).toHaveLength(2);
    pongComes();
    expect(isLagging()).toBe(false);
  });

  it('says nothing of the next one', async () => {
    const statuses: ClientStatus[] = [];
    const { client, platform } = start({ pingAfterMs: 10_000, onStatus: (status) => statuses.push(status) });
    await harness.goLive({ at: platform.now() + 5_000 });
    await platform.pass(13_000);
    harness.socket.receive({ type: 'fresh', room: 'lobby' });
    expect(client.status).toMatchObject({ isLagging: true });
    harness.socket.lose(CLOSE_CODES.slowConsumer.code);
    await platform.pass(250);
    await harness.goLive({ at: platform.now() - 5_000 });
    expect(client.status).toMatchObject({ state: 'connected', isLagging: false });
    expect(statuses.map(({ state }) => state)).toEqual([
      ...['connecting', 'connected', 'connected', 'reconnecting', 'reconnecting', 'connected'],
    ]);
    // Another gateway, and its clock.
    expect(client.serverNow() - client.now()).toBe(-5_000);
  });
});

describe('silence', () => {
  it('is what the gateway calls it where that is shorter', async () => {
    const { platform } = start();
    await harness.goLive({ heartbeatMs: 4_000 });
    await platform.pass(3_999);
    expect(harness.socket.of('ping')).toEqual([]);
    await platform.pass(1);
    expect(harness.socket.of('ping')).toHaveLength(1);
  });

  it('is ended by a frame that only newer clients know', async () => {
    const { client, platform } = start({ pingAfterMs: 10_000, encoding: 'json' });
    await harness.goLive();
    await platform.pass(10_000);
    expect(harness.socket.of('ping')).toHaveLength(1);
    await platform.pass(2_000);
    harness.socket.receive({ type: 'something new' } as never);
    await platform.pass(9_999);
    expect(client.status.state).toBe('connected');
    expect(harness.socket.of('ping')).toHaveLength(1);
  });
});
