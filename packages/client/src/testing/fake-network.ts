import type { ClientFrame, SendableFrame } from '@outcry/protocol';

import type { FakeConnection } from './fake-cluster.ts';
import type { SeededRandom } from './seeded-random.ts';

export interface FakeLine {
  readonly socket: number;
  readonly connection: FakeConnection;
}

/** Every connection that a client has made, by its socket, those that are over included. */
export class FakeNetwork {
  readonly #lines: FakeLine[] = [];
  readonly #random: SeededRandom;

  constructor(random: SeededRandom) {
    this.#random = random;
  }

  get open(): readonly FakeLine[] {
    return this.#lines.filter(({ connection }) => connection.isOpen);
  }

  /** Something is on its way to the client. */
  get isSpeaking(): boolean {
    return this.#spoken.length > 0;
  }

  add(socket: number, connection: FakeConnection): void {
    this.#lines.push({ socket, connection });
  }

  /** Undefined where it is over. */
  find(socket: number): FakeConnection | undefined {
    return this.open.find((line) => line.socket === socket)?.connection;
  }

  drop(socket: number): void {
    const connection = this.find(socket);
    if (connection !== undefined) connection.isOpen = false;
  }

  pickOpen(): FakeLine | undefined {
    return this.#pick(this.open);
  }

  /** One on which something is on its way. */
  pickSpoken(): FakeLine | undefined {
    return this.#pick(this.#spoken);
  }

  /** One that is over. */
  pickOver(): FakeLine | undefined {
    return this.#pick(this.#lines.filter(({ connection }) => !connection.isOpen));
  }

  get #spoken(): readonly FakeLine[] {
    return this.open.filter(({ connection }) => connection.arriving.length > 0);
  }

  #pick(lines: readonly FakeLine[]): FakeLine | undefined {
    return lines.length === 0 ? undefined : this.#random.pick(lines);
  }
}

/** A frame as it is sent, in JSON. */
export function toClientFrame(frame: ClientFrame<unknown> | SendableFrame): ClientFrame<unknown> {
  if (typeof frame === 'string') return JSON.parse(frame) as ClientFrame<unknown>;
  if (frame instanceof Uint8Array) throw new TypeError('expected JSON');
  return frame;
}
