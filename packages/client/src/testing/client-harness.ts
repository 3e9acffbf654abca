import type { ClientFrame, ReceivedFrame } from '@outcry/protocol';
import { expect } from 'vitest';

import { Client } from '../client.ts';
import type { ConnectOptions } from '../connection/options.ts';
import { FakePlatform } from './fake-platform.ts';
import type { FakeSocket } from './fake-socket.ts';

/** A client whose platform and gateway are the test. */
export class ClientHarness {
  readonly platform = new FakePlatform();
  readonly client: Client;

  constructor(options: ConnectOptions = {}) {
    const defaults = { encoding: 'json', webSocket: this.platform.openSocket } as const;
    this.client = new Client('ws://test/ws', { ...defaults, ...options }, this.platform);
  }

  /** The latest socket. */
  get socket(): FakeSocket {
    return this.platform.socket;
  }

  /** Welcomes the client on its latest socket. */
  async goLive(details: Parameters<FakeSocket['welcome']>[0] = {}): Promise<void> {
    await this.platform.pass(0);
    this.socket.open();
    this.socket.welcome({ at: this.platform.now(), ...details });
    await this.platform.pass(0);
  }

  /** The same with a gateway that answers every request of these types. */
  async goLiveAnswering(...types: readonly ClientFrame['type'][]): Promise<void> {
    await this.platform.pass(0);
    const { socket } = this;
    socket.onSend = (frame) => {
      if (!types.includes(frame.type)) return;
      queueMicrotask(() => {
        socket.receive(answerTo(frame, socket.sent.length));
      });
    };
    await this.goLive();
  }

  /** Answers the latest join of a room. */
  joined(room: string, seq: number, { epoch = 'e', recovered = false } = {}): void {
    const id = this.socket.of('join').findLast((join) => join.room === room)?.id ?? 0;
    this.socket.receive({ type: 'joined', id, room, epoch, recovered, seq });
  }

  /** Loses the connection, and has so many attempts to make another fail; all that follow fail, too. */
  async goOffline(attempts: number): Promise<void> {
    this.platform.isOffline = true;
    this.socket.lose(1006);
    await this.untilSockets(this.platform.sockets.length + attempts);
    await this.platform.pass(0);
  }

  /** Lets time go by until so many sockets were opened, which must not take an hour. */
  async untilSockets(count: number): Promise<void> {
    const { platform } = this;
    for (const until = platform.now() + 3_600_000; platform.sockets.length < count;) {
      if (platform.now() >= until) throw new Error(`expected socket ${String(count)} within an hour`);
      await platform.pass(50);
    }
  }

  /** The network is back: the next attempt is made. */
  async comeBack(): Promise<void> {
    this.platform.isOffline = false;
    const { length } = this.platform.sockets;
    this.client.tryNow();
    await this.untilSockets(length + 1);
  }

  /** Closes the client: no timer, listener or socket may be left, and nothing was sent that a gateway would not take. */
  end(): void {
    this.client.close();
    expect([this.platform.timers, this.platform.watchers]).toEqual([0, 0]);
    expect(this.platform.sockets.flatMap(({ refused }) => refused)).toEqual([]);
    expect(this.platform.sockets.filter(({ isClosed }) => !isClosed)).toEqual([]);
  }
}

function answerTo(frame: ClientFrame<unknown>, seq: number): ReceivedFrame {
  const id = 'id' in frame ? { id: frame.id ?? 0 } : {};
  switch (frame.type) {
    case 'join':
      return { type: 'joined', ...id, room: frame.room, epoch: 'e', recovered: frame.since !== undefined, seq: 0 };
    case 'ping':
      return { type: 'pong', ...id, at: 0 };
    case 'call':
      return { type: 'reply', ...id, data: frame.data };
    case 'members':
      return { type: 'ack', ...id, count: 1, members: [] };
    case 'history':
      return { type: 'ack', ...id, messages: [], epoch: 'e', seq };
    case 'symbols':
      return { type: 'ack', ...id, instruments: [] };
    default:
      return { type: 'ack', ...id, epoch: 'e', seq };
  }
}
