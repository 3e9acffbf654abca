import type { BookChange, BookStatus, ConnectOptions, Position } from '@outcry/client';

/** What a test asks of the page that it has opened: every one returns at once, and the page tells what comes of it. */
export interface PageProgram {
  open(options: PageOptions): void;
  join(room: string, options?: PageJoinOptions): void;
  publish(room: string, texts: readonly string[]): void;
  /** A direct message to oneself, sealed. */
  send(texts: readonly string[]): void;
  /** Asks a room for what only a connection can answer. */
  ask(room: string, what: 'history' | 'members'): void;
  /** Tells of every change, and looks each 100 ms whether what is called live is old. */
  watch(symbol: string, depth: number, interval: number): void;
  tryNow(): void;
  /** What the client says of time. */
  times(): Promise<PageTimes>;
}

export interface PageOptions {
  /** Tried in turn, one an attempt. */
  readonly urls: readonly string[];
  /** Kept by a token function, which counts how often it is asked. */
  readonly token: string;
  readonly settings?: Omit<ConnectOptions, 'token' | 'webSocket' | 'onStatus'>;
}

export interface PageJoinOptions {
  readonly history?: number;
  readonly isSealed?: boolean;
}

export interface PageTimes {
  /** `Date.now()` of the page. */
  readonly date: number;
  readonly serverNow: number;
  readonly pingMs: number;
  /** How often a token was asked for. */
  readonly tokens: number;
}

/** What the page tells, in order; `at` is its `performance.now()`. */
export type PageReport = { readonly at: number } & PageNews;

export type PageNews =
  | {
      readonly kind: 'message';
      readonly room: string;
      readonly seq: number;
      readonly data: string;
      readonly ageMs: number;
    }
  | {
      readonly kind: 'joined';
      readonly room: string;
      readonly position: Position;
      readonly node: string;
      readonly isRecovered: boolean;
      readonly isReconnected: boolean;
    }
  | { readonly kind: 'gap'; readonly room: string; readonly position: Position; readonly missed: number | undefined }
  | { readonly kind: 'away' | 'stale' | 'fresh' | 'undeliverable'; readonly room: string }
  | ({ readonly kind: 'status' } & PageStatus)
  | ({ readonly kind: 'settled' } & Settlement)
  | ({ readonly kind: 'book' } & PageBook)
  /** An event of the window or the document, with `persisted` or the visibility behind it: `pageshow true`. */
  | { readonly kind: 'platform'; readonly event: string };

/** A book behind a change of it, or at a look in between. */
export interface PageBook {
  readonly change: BookChange['type'] | 'look';
  readonly symbol: string;
  readonly status: BookStatus;
  /** Since its publisher has made what it shows, by the machine's clock. */
  readonly ageMs: number;
  /** What the client says of its age. */
  readonly shownAgeMs: number;
}

export interface PageStatus {
  readonly state: 'connecting' | 'connected' | 'reconnecting' | 'closed';
  readonly attempt: number;
  /** From now to the next attempt; undefined where there is none to wait for. */
  readonly waitMs: number | undefined;
  readonly isLagging: boolean;
  readonly why: string | undefined;
}

/** What came of a request. */
export interface Settlement {
  readonly what: 'join' | 'publish' | 'send' | 'history' | 'members';
  readonly room: string;
  readonly text: string;
  readonly position: Position | undefined;
  /** The error's code. */
  readonly error: string | undefined;
}
