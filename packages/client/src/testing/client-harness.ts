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

  /** Answers the latest join of a room. */
  joined(room: string, seq: number, { epoch = 'e', recovered = false } = {}): void {
    const id = this.socket.of('join').findLast((join) => join.room === room)?.id ?? 0;
    this.socket.receive({ type: 'joined', id, room, epoch, recovered, seq });
  }

  /** Loses the connection, and has so many attempts to make another fail. */
  async beOffline(attempts: number): Promise<void> {
    this.socket.lose(1006);
    for (let attempt = 0; attempt < attempts; attempt++) {
      const before = this.platform.sockets.length;
      while (this.platform.sockets.length === before) await this.platform.pass(100);
      this.socket.fail(new Error('refused'));
    }
    await this.platform.pass(0);
  }

  /** Closes the client: no timer, listener or socket may be left, and nothing was sent that a gateway would not take. */
  end(): void {
    this.client.close();
    expect([this.platform.timers, this.platform.watchers]).toEqual([0, 0]);
    expect(this.platform.sockets.flatMap(({ refused }) => refused)).toEqual([]);
    expect(this.platform.sockets.filter(({ isClosed }) => !isClosed)).toEqual([]);
  }
}
