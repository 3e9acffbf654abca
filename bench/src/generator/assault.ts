import type { Socket } from 'node:net';

import { connectTo, type HandshakePlan, handshakeOf } from './handshake.ts';

/** What attackers do, each on a connection of its own: say the same again and again until they are thrown out, and come back. */
export interface AssaultPlan {
  readonly url: string;
  /** What each of them offers, and so how many there are. */
  readonly attackers: readonly (readonly string[])[];
  /** Sent at each beat, behind the handshake; where there is none the handshake itself comes at a byte a beat. */
  readonly bytes: Uint8Array | undefined;
  readonly beatMs: number;
  /** Pause before coming back. */
  readonly backMs: number;
}

export interface AssaultCount {
  /** Connections that were opened. */
  readonly connections: number;
  /** Those of them that the server has closed. */
  readonly closed: number;
}

/** Unread bytes from which an attacker waits: it is the server that is to be kept busy. */
const MAX_UNSENT_BYTES = 256 * 1024;

export class Assault {
  readonly #plan: AssaultPlan;
  readonly #open = new Set<Socket>();
  #connections = 0;
  #closed = 0;
  #isOver = false;

  constructor(plan: AssaultPlan) {
    this.#plan = plan;
    for (const index of plan.attackers.keys()) this.#attack(index);
  }

  count(): AssaultCount {
    return { connections: this.#connections, closed: this.#closed };
  }

  stop(): void {
    this.#isOver = true;
    for (const socket of this.#open) socket.destroy();
  }

  #attack(index: number): void {
    if (this.#isOver) return;
    const { url, attackers, beatMs, backMs } = this.#plan;
    const plan = { url, index, subprotocols: attackers[index] ?? [] };
    const socket = connectTo(plan);
    this.#open.add(socket);
    this.#connections += 1;
    const timer = setInterval(this.#beat(socket, plan), beatMs);
    socket.once('close', () => {
      clearInterval(timer);
      this.#open.delete(socket);
      if (this.#isOver) return;
      this.#closed += 1;
      setTimeout(() => {
        this.#attack(index);
      }, backMs);
    });
  }

  #beat(socket: Socket, plan: HandshakePlan): () => void {
    const { bytes } = this.#plan;
    const handshake = handshakeOf(plan);
    if (bytes === undefined) {
      let sent = 0;
      return () => {
        socket.write(handshake.charAt(sent % handshake.length));
        sent += 1;
      };
    }
    socket.write(handshake);
    return () => {
      if (socket.writableLength < MAX_UNSENT_BYTES) socket.write(bytes);
    };
  }
}
