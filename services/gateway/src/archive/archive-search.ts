import type { Position } from '@outcry/protocol';

/** A place in what was said, the newest first: whatever comes later, what is behind it is the same. */
export interface SearchPlace {
  readonly sentAt: number;
  readonly room: string;
  readonly epoch: string;
  readonly seq: number;
}

/** What is left out restricts nothing. */
export interface SearchQuery {
  /** A room, or a pattern in which `*` stands for any characters. */
  readonly room?: string | undefined;
  readonly sender?: string | undefined;
  /** Unix milliseconds: from then on. */
  readonly sentFrom?: number | undefined;
  /** Unix milliseconds: before then. */
  readonly sentBefore?: number | undefined;
  /** Words as people type them: `websearch_to_tsquery` of PostgreSQL reads them. */
  readonly words?: string | undefined;
  /** Of the words. Where one language is indexed, it need not be named. */
  readonly language?: string | undefined;
  readonly behind?: SearchPlace | undefined;
  readonly limit: number;
  /** Of frames. A page ends before the message that would exceed it, but never without a message. */
  readonly maxBytes: number;
}

export interface FoundMessage {
  readonly room: string;
  readonly position: Position;
  /** When it was numbered, in Unix milliseconds. */
  readonly sentAt: number;
  /** The whole `message` frame in msgpack. */
  readonly frame: Uint8Array;
}

export interface SearchPage {
  /** The newest first. */
  readonly messages: readonly FoundMessage[];
  readonly hasMore: boolean;
}

export type SearchRefusal = 'tooCostly' | 'tooMany' | 'noLanguage' | 'unavailable';

/** A search that brings nothing, with words for whoever asked. */
export class SearchError extends Error {
  override readonly name = 'SearchError';
  readonly code: SearchRefusal;

  constructor(code: SearchRefusal, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Search over all that is archived. */
export interface ArchiveSearch {
  /**
   * Settles within a deadline.
   *
   * @throws SearchError
   */
  search(query: SearchQuery): Promise<SearchPage>;
  close(): Promise<void>;
}
