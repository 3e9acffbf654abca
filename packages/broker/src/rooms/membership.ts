import type { Position } from '@outcry/protocol';
import type { MemberEvent } from '../presence/store.ts';
import type { BrokerHandler, RoomMessage, RoomSignal } from './broker.ts';

/** Who is called for a room: the broker's handler, and whoever is to hear of presence. */
export interface MembershipHandler extends Pick<BrokerHandler, 'handleMessage' | 'handleSignal' | 'handleReset'> {
  handleMember(event: MemberEvent): void;
}

/**
 * One node's stay in one room. What was on its way when the stay ended is not delivered, even if the node has come back.
 *
 * Each call on the handler has an immediate of its own, as has each promise of a node (memory/node-state.ts): so all of them come in
 * the order in which they were caused, and what follows a promise runs before the next call.
 */
export class Membership {
  readonly #handler: MembershipHandler;
  #epoch: string;
  #hasEnded = false;

  constructor(handler: MembershipHandler, joinedAt: Position) {
    this.#handler = handler;
    this.#epoch = joinedAt.epoch;
  }

  deliver(message: RoomMessage): void {
    const { epoch, seq } = message.position;
    const isReset = epoch !== this.#epoch;
    this.#epoch = epoch;
    setImmediate(() => {
      if (this.#hasEnded) return;
      if (isReset) this.#handler.handleReset(message.room, { epoch, seq: seq - 1 }, false);
      this.#handler.handleMessage(message);
    });
  }

  deliverSignal(signal: RoomSignal): void {
    setImmediate(() => {
      if (!this.#hasEnded) this.#handler.handleSignal(signal);
    });
  }

  deliverMember(event: MemberEvent): void {
    setImmediate(() => {
      if (!this.#hasEnded) this.#handler.handleMember(event);
    });
  }

  end(): void {
    this.#hasEnded = true;
  }
}
