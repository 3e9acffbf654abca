import type { ReceivedFrame } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Connection, type ConnectionStatus } from './connection.ts';
import type { RequestFailure } from './frames.ts';
import type { SocketEvents } from './socket.ts';

const WELCOME: ReceivedFrame = {
  type: 'welcome',
  connection: 'c1',
  node: 'gw1',
  user: 'ann',
  at: 0,
  heartbeatMs: 25_000,
  resumeWindowMs: 600_000,
  maxFrameBytes: 16_384,
  maxRooms: 128,
  maxSubscriptions: 64,
};

interface FakeSocket {
  readonly protocols: string[];
  readonly sent: Record<string, unknown>[];
  isClosed: boolean;
  receive(frame: ReceivedFrame): void;
  lose(code: number): void;
}

function createFakeSocket(protocols: string[], events: SocketEvents): FakeSocket {
  return {
    protocols,
    sent: [],
    isClosed: false,
    receive: (frame) => {
      events.handleText(JSON.stringify(frame));
    },
    lose: (code) => {
      events.handleClose(code, 'a-reason');
    },
  };
}

/** A connection over sockets that the test plays the gateway of. */
class Stage {
  readonly sockets: FakeSocket[] = [];
  readonly states: ConnectionStatus['state'][] = [];
  status: ConnectionStatus = { state: 'connecting' };
  readonly connection = new Connection({
    url: 'ws://gateway/ws',
    user: 'ann',
    openSocket: (_url, protocols, events) => {
      const socket = createFakeSocket(protocols, events);
      this.sockets.push(socket);
      return {
        send: (text) => {
          socket.sent.push(JSON.parse(text) as Record<string, unknown>);
        },
        close: () => {
          socket.isClosed = true;
        },
      };
    },
    onStatus: (status) => {
      this.status = status;
      this.states.push(status.state);
    },
    onFrame: () => undefined,
  });

  constructor() {
    this.connection.connect();
  }

  get socket(): FakeSocket {
    const socket = this.sockets.at(-1);
    if (socket === undefined) throw new Error('no socket was opened');
    return socket;
  }
}

describe('Connection', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.spyOn(Math, 'random').mockReturnValue(0.5);
  });
  afterEach(() => {
    vi.useRealTimers();
    vi.restoreAllMocks();
  });

  it('offers the JSON subprotocol and its name, and is live from welcome on', () => {
    const stage = new Stage();
    expect(stage.socket.protocols).toEqual(['outcry.v1.json', 'bearer.ann']);
    stage.socket.receive(WELCOME);
    expect(stage.states).toEqual(['connecting', 'live']);
  });

  it('gives each answer to its own request', async () => {
    const stage = new Stage();
    stage.socket.receive(WELCOME);
    const symbols = stage.connection.request({ type: 'symbols' });
    const leave = stage.connection.request({ type: 'leave', room: 'lobby' });
    const [first, second] = stage.socket.sent.map(({ id }) => id as number);
    stage.socket.receive({ type: 'error', id: second ?? 0, code: 'notJoined', message: 'No.', retryable: false });
    stage.socket.receive({ type: 'ack', id: first ?? 0, instruments: [] });
    await expect(leave).rejects.toMatchObject({ code: 'notJoined', isRetryable: false });
    await expect(symbols).resolves.toMatchObject({ instruments: [] });
  });

  it('fails open requests with the connection, and later ones at once', async () => {
    const stage = new Stage();
    stage.socket.receive(WELCOME);
    const open = stage.connection.request({ type: 'symbols' });
    stage.socket.lose(1006);
    const later = stage.connection.request({ type: 'symbols' });
    const code = 'disconnected' satisfies RequestFailure['code'];
    await expect(open).rejects.toMatchObject({ code });
    await expect(later).rejects.toMatchObject({ code });
  });

  it('fails a request that is not answered within ten seconds', async () => {
    const stage = new Stage();
    stage.socket.receive(WELCOME);
    const failed = expect(stage.connection.request({ type: 'symbols' })).rejects.toMatchObject({ code: 'timedOut' });
    await vi.advanceTimersByTimeAsync(10_000);
    await failed;
  });

  it.each([
    ['now', 4202, 125],
    ['now, by the range of a code it does not know', 4299, 125],
    ['after a wait', 4100, 1_000],
    ['after a wait, by the range of a code it does not know', 4199, 1_000],
    ['after a wait, where no close frame came', 1006, 1_000],
  ])('comes back %s', async (_, code, waitMs) => {
    const stage = new Stage();
    stage.socket.receive(WELCOME);
    stage.socket.lose(code);
    expect(stage.status).toEqual({ state: 'reconnecting', retryAt: Date.now() + waitMs });
    await vi.advanceTimersByTimeAsync(waitMs - 1);
    expect(stage.sockets).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(1);
    expect(stage.sockets).toHaveLength(2);
  });

  it.each([4001, 4099])('does not come back after %i', async (code) => {
    const stage = new Stage();
    stage.socket.receive(WELCOME);
    stage.socket.lose(code);
    await vi.advanceTimersByTimeAsync(120_000);
    expect(stage.status).toEqual({ state: 'closed', reason: 'a-reason' });
    expect(stage.sockets).toHaveLength(1);
  });

  it('waits as long as a draining gateway told it to', () => {
    const stage = new Stage();
    stage.socket.receive(WELCOME);
    stage.socket.receive({ type: 'draining', reconnectInMs: 4_321 });
    stage.socket.lose(1012);
    expect(stage.status).toEqual({ state: 'reconnecting', retryAt: Date.now() + 4_321 });
  });

  it('waits longer each time that it is welcomed and sent away again', async () => {
    const stage = new Stage();
    const waits: number[] = [];
    for (let round = 0; round < 3; round += 1) {
      stage.socket.receive(WELCOME);
      stage.socket.lose(4102);
      const waitMs = stage.status.state === 'reconnecting' ? stage.status.retryAt - Date.now() : 0;
      waits.push(waitMs);
      await vi.advanceTimersByTimeAsync(waitMs);
    }
    expect(waits).toEqual([1_000, 1_500, 2_500]);
  });

  it('connects at once when asked to, and only once', async () => {
    const stage = new Stage();
    stage.socket.lose(1006);
    stage.connection.connect();
    stage.connection.connect();
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stage.sockets).toHaveLength(2);
  });

  it('gives up a socket that brings no welcome', async () => {
    const stage = new Stage();
    await vi.advanceTimersByTimeAsync(10_000);
    expect(stage.socket.isClosed).toBe(true);
    expect(stage.status.state).toBe('reconnecting');
  });

  it('asks after silence, and gives up a socket that stays silent', async () => {
    const stage = new Stage();
    stage.socket.receive(WELCOME);
    await vi.advanceTimersByTimeAsync(15_000);
    expect(stage.socket.sent).toEqual([{ type: 'ping' }]);
    stage.socket.receive({ type: 'pong', at: 0 });
    await vi.advanceTimersByTimeAsync(15_000 + 4_999);
    expect(stage.status.state).toBe('live');
    await vi.advanceTimersByTimeAsync(1);
    expect(stage.status.state).toBe('reconnecting');
  });

  it('does not hear a socket that it has given up', async () => {
    const stage = new Stage();
    await vi.advanceTimersByTimeAsync(10_000);
    stage.sockets[0]?.receive(WELCOME);
    stage.sockets[0]?.lose(4001);
    expect(stage.status.state).toBe('reconnecting');
  });

  it('shows for five seconds that it lags', async () => {
    const stage = new Stage();
    stage.socket.receive(WELCOME);
    stage.socket.receive({ type: 'lagging', bufferedBytes: 300_000 });
    expect(stage.status).toMatchObject({ state: 'live', isLagging: true });
    await vi.advanceTimersByTimeAsync(5_000);
    expect(stage.status).toMatchObject({ state: 'live', isLagging: false });
  });
});
