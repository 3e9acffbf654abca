import { connectionsOf, type PresenceStore, writeConnectionEntry } from '@outcry/broker';

import type { Identity } from '../identity/identity.ts';

/** One connection, as whoever is told of connections knows it. */
export interface ToldConnection {
  /** It is open, as this user; another one than before is a connection that closes, and one that opens under its name. */
  show(identity: Identity): void;
  /** It is closed. */
  close(): void;
}

export interface ToldConnectionsOptions {
  readonly store: Pick<PresenceStore, 'add' | 'remove'>;
  /** Names this run of the gateway in the cluster. */
  readonly runId: string;
}

/**
 * The connections of this gateway, which are the members of a room of its own: so they go when the gateway does, whatever becomes of it.
 */
export class ToldConnections {
  readonly #store: ToldConnectionsOptions['store'];
  readonly #room: string;

  constructor({ store, runId }: ToldConnectionsOptions) {
    this.#store = store;
    this.#room = connectionsOf(runId);
  }

  /** @param connection its name in the cluster */
  of(connection: string): ToldConnection {
    let shown: string | undefined;
    const close = (): void => {
      if (shown !== undefined) this.#store.remove(this.#room, shown);
      shown = undefined;
    };
    return {
      show: ({ user, isGuest }) => {
        const entry = writeConnectionEntry({ connection, user, isGuest });
        if (entry === shown) return;
        close();
        shown = entry;
        this.#store.add(this.#room, entry);
      },
      close,
    };
  }
}
