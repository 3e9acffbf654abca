import type { ClientFrame, SendableFrame } from '@outcry/protocol';

import type { OutcryError } from '../errors.ts';
import type { ClientStatus } from '../status.ts';
import type { BookNews, BookState } from './book-state.ts';
import type { Answer, Request } from './request.ts';
import type { RoomNews, RoomState } from './room-state.ts';

/** What the machine wants done. Whoever drives it does so in order, after the machine has finished its step. */
export type Effect =
  | { readonly kind: 'fetchToken'; readonly ticket: number }
  | { readonly kind: 'openSocket'; readonly socket: number; readonly token: string | undefined }
  | { readonly kind: 'dropSocket'; readonly socket: number }
  | { readonly kind: 'send'; readonly socket: number; readonly frame: ClientFrame<unknown> | SendableFrame }
  | { readonly kind: 'status'; readonly status: ClientStatus }
  | { readonly kind: 'resolve'; readonly request: Request; readonly answer: Answer }
  | { readonly kind: 'reject'; readonly request: Request; readonly error: OutcryError }
  | { readonly kind: 'room'; readonly room: RoomState; readonly news: RoomNews }
  | { readonly kind: 'book'; readonly book: BookState; readonly news: BookNews };

export type Emit = (effect: Effect) => void;
