import type { Encoding } from '@outcry/protocol';

import type { Endpoint } from '../transport/transport.ts';

/** Some of the names, and how many there are. */
export interface Named {
  readonly names: readonly string[];
  readonly count: number;
}

/** What one connection is and reads, for whoever asks about it; put together when it is asked for, and when it ends. */
export interface ConnectionDetails {
  /** In the cluster. */
  readonly name: string;
  readonly address: string;
  readonly endpoint: Endpoint;
  readonly encoding: Encoding;
  /** Unix milliseconds. */
  readonly openedAt: number;
  readonly rooms: Named;
  readonly books: Named;
}

export const NOTHING_READ: Pick<ConnectionDetails, 'rooms' | 'books'> = {
  rooms: { names: [], count: 0 },
  books: { names: [], count: 0 },
};
