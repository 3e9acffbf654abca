import type { Position } from '@outcry/protocol';

/** Longer messages are found by room, sender and time, not by their words: PostgreSQL refuses to index a text of more than a megabyte. */
export const MAX_INDEXED_BYTES = 256 * 1024;

/** As gateways ask (`SearchQuery`): what is left out restricts nothing. */
export interface SearchRange {
  /** A room, or a pattern in which `*` stands for any characters. */
  readonly room?: string | undefined;
  readonly sender?: string | undefined;
  /** Unix milliseconds: from then on. */
  readonly sentFrom?: number | undefined;
  /** Unix milliseconds: before then. */
  readonly sentBefore?: number | undefined;
  /** Words as people type them. */
  readonly words?: string | undefined;
  readonly language?: string | undefined;
  /** A page goes on behind this message. */
  readonly behind?:
    { readonly sentAt: number; readonly room: string; readonly epoch: string; readonly seq: number } | undefined;
  readonly limit: number;
  /** Of frames. A page ends before the message that would exceed it, but never without a message. */
  readonly maxBytes: number;
}

export interface FoundMessage {
  readonly room: string;
  readonly position: Position;
  readonly sentAt: number;
  readonly frame: Uint8Array;
}

export interface FoundPage {
  /** The newest first. */
  readonly messages: readonly FoundMessage[];
  readonly hasMore: boolean;
}

/** A search that brings nothing, with words for whoever asked. */
export class SearchRefused extends Error {
  override readonly name = 'SearchRefused';
  readonly code: 'tooCostly' | 'noLanguage';

  constructor(code: 'tooCostly' | 'noLanguage', message: string) {
    super(message);
    this.code = code;
  }
}
