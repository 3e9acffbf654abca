import type { Position } from '@outcry/client';

import type { Person } from '../text/person.ts';

/** An own message is `sending` until the gateway has it, then `stored` until it comes back, numbered, as `shown`. */
export type MessageState = 'shown' | 'sending' | 'stored' | 'failed';

export interface MessageEntry {
  readonly kind: 'message';
  /** Unique in the conversation and stable while the state changes. */
  readonly id: string;
  readonly from: string;
  /** Who that is, as far as it was known when it was said. */
  readonly person?: Person;
  readonly text: string;
  /** Unix milliseconds by the gateways' clocks. */
  readonly at: number;
  readonly state: MessageState;
  /** Where it stands in the room's order; undefined of an own one that the room has not shown. */
  readonly position?: Position;
  /** Why it failed. */
  readonly problem?: string | undefined;
}

/** What has interrupted a conversation. */
export interface Interruption {
  /**
   * - `connection`: it was lost, and another was made
   * - `skip`: the connection held, and messages were left out, as for a page that reads too slowly
   * - `restart`: the room began anew; its broker has lost it
   */
  readonly cause: 'connection' | 'skip' | 'restart';
  /** Whether messages may be missing here. */
  readonly isGap: boolean;
  /** How many; undefined where nobody can know. */
  readonly missing?: number | undefined;
  /** How long there was no connection. */
  readonly awayMs?: number | undefined;
}

/** A place where the conversation was interrupted. */
export interface DividerEntry extends Interruption {
  readonly kind: 'divider';
  readonly id: string;
}

export type Entry = MessageEntry | DividerEntry;
