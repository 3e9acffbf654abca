import type { ClientFrame, ReceivedFrame, SendableFrame } from '@outcry/protocol';

import type { OutcryError } from '../primitives/errors.ts';
import type { Answer, Asker } from './answer.ts';
import type { BookListener, BookNews } from './book-news.ts';
import type { RoomListener, RoomNews } from './room-news.ts';
import type { ClientStatus } from './status.ts';

/** What goes out in the name of a user. */
export interface Encodable {
  /** Has it encoded for a user: `Machine.handleEncoded` or `Machine.refuse` follows. */
  readonly encodeFor: (user: string) => void;
}

/** A room that the gateway has joined without having been asked, and on which connection. */
export interface Joined {
  readonly frame: Extract<ReceivedFrame, { type: 'joined' }>;
  readonly socket: number;
}

/** What the machine wants done. Whoever drives it does so in order, after the machine has finished its step. */
export type Effect =
  | { readonly kind: 'fetchToken'; readonly ticket: number }
  | { readonly kind: 'openSocket'; readonly socket: number; readonly token: string | undefined }
  | { readonly kind: 'dropSocket'; readonly socket: number }
  | { readonly kind: 'send'; readonly socket: number; readonly frame: ClientFrame<unknown> | SendableFrame }
  | { readonly kind: 'status'; readonly status: ClientStatus }
  | { readonly kind: 'resolve'; readonly request: Asker; readonly answer: Answer }
  | { readonly kind: 'reject'; readonly request: Asker; readonly error: OutcryError }
  | { readonly kind: 'encode'; readonly request: Encodable; readonly user: string }
  | { readonly kind: 'room'; readonly room: RoomListener; readonly news: RoomNews }
  /** The operator's server has put this client into a room that nobody has opened. */
  | { readonly kind: 'opened'; readonly joined: Joined }
  | { readonly kind: 'book'; readonly book: BookListener; readonly news: BookNews };

export type Emit = (effect: Effect) => void;
