import type { Position } from '@outcry/protocol';
import { NodeState } from '../memory/node-state.ts';
import type { MemberEvent } from '../presence/store.ts';
import type {
  Broker,
  BrokerHandler,
  HistoryRange,
  Published,
  PublishRequest,
  Retention,
  RoomHistory,
  RoomSignal,
  RoomWeight,
} from './broker.ts';
import { Membership, type MembershipHandler } from './membership.ts';
import type { MemoryRooms } from './memory-rooms.ts';

/** The rooms of one node of a hub. */
export class MemoryBroker implements Broker {
  readonly #rooms: MemoryRooms;
  readonly #onMember: (event: MemberEvent) => void;
  readonly #state = new NodeState();
  readonly #memberships = new Map<string, Membership>();
  #handler: BrokerHandler | undefined;

  constructor(rooms: MemoryRooms, onMember: (event: MemberEvent) => void) {
    this.#rooms = rooms;
    this.#onMember = onMember;
  }

  start(handler: BrokerHandler): void {
    this.#handler = handler;
    this.#state.start();
  }

  join(room: string): Promise<Position> {
    return this.#state.run(() => {
      const position = this.#rooms.open(room);
      if (this.#memberships.has(room)) return position;
      const membership = new Membership(this.#createHandler(), position);
      this.#memberships.set(room, membership);
      this.#rooms.enter(room, membership);
      return position;
    });
  }

  leave(room: string): Promise<void> {
    return this.#state.run(() => {
      this.#end(room);
    });
  }

  publish(request: PublishRequest): Promise<Published> {
    return this.#state.run(() => this.#rooms.publish(request));
  }

  signal(signal: RoomSignal): Promise<void> {
    return this.#state.run(() => {
      this.#rooms.signal({ ...signal, frame: signal.frame.slice() });
    });
  }

  readHistory(room: string, range: HistoryRange, retention: Retention): Promise<RoomHistory> {
    return this.#state.run(() => this.#rooms.read(room, range, retention));
  }

  removeHistory(room: string): Promise<Position> {
    return this.#state.run(() => this.#rooms.removeHistory(room));
  }

  listRooms(): Promise<readonly string[]> {
    return this.#state.run(() => this.#rooms.joined());
  }

  weigh(rooms: readonly string[]): Promise<readonly RoomWeight[]> {
    return this.#state.run(() => rooms.map((room) => this.#rooms.weigh(room)));
  }

  close(): Promise<void> {
    this.#state.close();
    for (const room of [...this.#memberships.keys()]) this.#end(room);
    return Promise.resolve();
  }

  #createHandler(): MembershipHandler {
    return {
      handleMessage: (message) => {
        this.#handler?.handleMessage(message);
      },
      handleSignal: (signal) => {
        this.#handler?.handleSignal(signal);
      },
      handleReset: (room, position, isWhole) => {
        this.#handler?.handleReset(room, position, isWhole);
      },
      handleMember: this.#onMember,
    };
  }

  #end(room: string): void {
    const membership = this.#memberships.get(room);
    if (membership === undefined) return;
    this.#memberships.delete(room);
    this.#rooms.exit(room, membership);
    membership.end();
  }
}
