import { inboxOf, SERVER_USER, type ServerFrame } from '@outcry/protocol';
import type { Logger } from '@outcry/service';

import type { Backlog } from '../connections/backlog.ts';
import { type Saying, Served, type ServedSession } from '../connections/served-session.ts';
import type { Identity } from '../identity/identity.ts';
import type { RoomGrants } from '../identity/rights/room-grants.ts';
import type { Memberships } from '../memberships/memberships.ts';
import type { SessionIdentity } from './session-identity.ts';
import type { SessionLimits } from './settings.ts';

/** From the next message on, as a client would have it that asks for nothing. */
const FROM_NOW_ON = { id: undefined, since: undefined, history: 0, wantsEcho: true, wantsPresence: false };

interface Client {
  readonly connection: string;
  readonly identity: Identity;
  readonly memberships: Pick<Memberships, 'has' | 'join' | 'leave' | 'ordinaryCount'>;
  readonly backlog: Pick<Backlog, 'isLagging'>;
  sendFrame(frame: ServerFrame): void;
  takeRights(grants: RoomGrants): void;
}

export interface ServedParts {
  readonly given: Pick<SessionIdentity, 'give' | 'takeBack'>;
  readonly limits: Pick<SessionLimits, 'maxRooms'>;
  readonly logger: Pick<Logger, 'warn'>;
}

/** Does to a session what the operator's server wants. */
export class ServedByServer implements ServedSession {
  readonly #client: Client;
  readonly #parts: ServedParts;

  constructor(client: Client, parts: ServedParts) {
    this.#client = client;
    this.#parts = parts;
  }

  async subscribe(room: string): Promise<Served> {
    const { memberships, connection } = this.#client;
    const { given, limits, logger } = this.#parts;
    const isIn = memberships.has(room);
    if (!isIn && memberships.ordinaryCount >= limits.maxRooms) return Served.Limit;
    given.give(room, (name) => memberships.has(name));
    if (isIn) return Served.Nothing;
    try {
      await memberships.join(room, FROM_NOW_ON);
      return Served.Done;
    } catch (err) {
      given.takeBack(room);
      logger.warn({ err, connection }, 'session not subscribed');
      return Served.Unavailable;
    }
  }

  unsubscribe(room: string): Served {
    this.#parts.given.takeBack(room);
    if (!this.#client.memberships.leave(room)) return Served.Nothing;
    this.#client.sendFrame({ type: 'left', room });
    return Served.Done;
  }

  send({ name, data }: Saying): Served {
    const { backlog, identity } = this.#client;
    if (backlog.isLagging) return Served.Lagging;
    const payload = data === undefined ? {} : { data };
    this.#client.sendFrame({ type: 'signal', room: inboxOf(identity.user), from: SERVER_USER, name, ...payload });
    return Served.Done;
  }

  refresh(grants: RoomGrants): Served {
    this.#client.takeRights(grants);
    return Served.Done;
  }
}
