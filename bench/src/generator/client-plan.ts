import type { WireFrame } from '@outcry/protocol';

/** What one client says to be let in, and what it takes as the proof that it is. */
export interface Greeting {
  /** Offered as `Sec-WebSocket-Protocol`. */
  readonly subprotocols: readonly string[];
  /** Further lines of the handshake, without line ends. */
  readonly headers?: readonly string[];
  /** Sent once the handshake has been answered. */
  readonly frames: readonly WireFrame[];
  /** Text and binary frames of the server after which the client counts as joined. */
  readonly answers: number;
}

/** A client of a benchmark. All of it can be sent to another process. */
export interface ClientPlan extends Greeting {
  /** `ws://host:port/path` */
  readonly url: string;
  /** The address it connects from: each has its own 28,000 ports. */
  readonly localAddress: string;
}

/** How the frames of a server are read, the same for all its clients. */
export interface ReadingRules {
  /** Frames with a payload from this length on are deliveries. */
  readonly minDeliveryBytes: number;
  /** The byte between messages, where the server packs several into one frame. */
  readonly batchSeparator?: number;
  /** How deliveries are timed: by a stamp in the payload, which is the default, or by the time in a book's delta. */
  readonly stamp?: 'payload' | 'book';
  /** A text frame that asks for a sign of life, and the text frame that gives it. */
  readonly keepAlive?: { readonly request: string; readonly reply: string };
}

const LOCAL_ADDRESSES = 8;

/** Loopback addresses in turn, so that no number of clients runs out of ports. */
export function localAddressOf(index: number): string {
  return `127.0.0.${String(1 + (index % LOCAL_ADDRESSES))}`;
}
