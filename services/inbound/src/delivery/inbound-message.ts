/** What a source brings, to be published. */
export interface InboundMessage {
  /** The source's own name of it, at most 64 of printable ASCII without spaces: however often it is brought, it is one message. */
  readonly id: string;
  readonly room: string;
  /** JSON text. */
  readonly data: string;
  /** An idempotency key of whoever wrote it, as the server API's: two messages of one key to a room are one. */
  readonly key?: string | undefined;
  /** Of the trace that it was written in. */
  readonly traceparent?: string | undefined;
}

/** Why a message can never be published, however often it is tried. */
export const RefusalReason = {
  BadRoom: 'badRoom',
  BadKey: 'badKey',
  Malformed: 'malformed',
  DataTooLarge: 'dataTooLarge',
} as const;
export type RefusalReason = (typeof RefusalReason)[keyof typeof RefusalReason];

export interface Refusal {
  readonly id: string;
  readonly reason: RefusalReason;
  /** For whoever wrote it, in a line. */
  readonly detail: string;
}
