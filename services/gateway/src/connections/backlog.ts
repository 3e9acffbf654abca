import type { ClientSocket } from '../transport/client-socket.ts';

export interface BacklogLimits {
  /** Unread bytes from which a client is told that it lags, and is held back from what can be conflated. */
  readonly softBufferBytes: number;
  /** Unread bytes from which it is sent away. */
  readonly hardBufferBytes: number;
  /** How long a client that lags, or is sent what it missed, may read nothing at all. */
  readonly laggingTimeoutMs: number;
}

/** What is to be done about a connection: most of the time it has room, and there is nothing to do. */
export type BacklogVerdict = 'room' | 'wait' | 'holdBack' | 'close';

/** A client has caught up when this part of the soft limit is unread: well below it, or it would swing to and fro. */
const ROOM_DIVISOR = 4;

/**
 * What one client has not read yet, and whether that is too much.
 *
 * A snapshot that was sent because it was due counts against neither limit until the client has room again, or a client
 * whose link needs a second for a large one would lag behind each of them for ever. Only the largest is let off, and one is
 * sent only where there is room: so a connection holds at most the hard limit and one snapshot, and what comes between two
 * looks.
 */
export class Backlog {
  readonly #socket: Pick<ClientSocket, 'bufferedBytes'>;
  readonly #limits: BacklogLimits;
  #bytes = 0;
  #allowedBytes = 0;
  #laggingSince: number | undefined;
  /** From `holdBack` until it has read what it missed as well. */
  #isBehind = false;
  /** Since when it has no room. */
  #fullSince = Infinity;
  #readAt = -Infinity;
  #lagged = 0;
  #laggedMs = 0;

  constructor(socket: Pick<ClientSocket, 'bufferedBytes'>, limits: BacklogLimits) {
    this.#socket = socket;
    this.#limits = limits;
  }

  /** When the client was last seen to read something that had waited for it; -Infinity before. */
  get readAt(): number {
    return this.#readAt;
  }

  /** How often it was told to hold back. */
  get lagged(): number {
    return this.#lagged;
  }

  /** For how long it lagged, all together. */
  get laggedMs(): number {
    return this.#laggedMs + (this.#laggingSince === undefined ? 0 : performance.now() - this.#laggingSince);
  }

  /** Between `holdBack` and the next room. */
  get isLagging(): boolean {
    return this.#laggingSince !== undefined;
  }

  /** As of the last look. */
  get unreadBytes(): number {
    return this.#bytes;
  }

  /** Whether a snapshot may be sent now. */
  get hasRoom(): boolean {
    return this.#socket.bufferedBytes() <= this.#limits.softBufferBytes / ROOM_DIVISOR;
  }

  /** Sends a snapshot that is due. */
  allow(send: () => void): void {
    const before = this.#socket.bufferedBytes();
    send();
    this.#allowedBytes = Math.max(this.#allowedBytes, this.#socket.bufferedBytes() - before);
  }

  /** The client has read something: news that a look at the bytes alone can miss where as many have come. */
  noteRead(now: number): void {
    this.#readAt = now;
  }

  /** `holdBack` is said once, until the client has room again. Whether anything is still held back, is for the caller to say. */
  judge(now: number, isHoldingBack: boolean): BacklogVerdict {
    const { softBufferBytes, hardBufferBytes, laggingTimeoutMs } = this.#limits;
    const bytes = this.#socket.bufferedBytes();
    if (bytes < this.#bytes) this.#readAt = now;
    this.#bytes = bytes;
    if (bytes <= softBufferBytes / ROOM_DIVISOR) {
      this.#allowedBytes = 0;
      if (this.#laggingSince !== undefined) this.#laggedMs += now - this.#laggingSince;
      this.#laggingSince = undefined;
      this.#isBehind &&= isHoldingBack;
      this.#fullSince = Infinity;
      return 'room';
    }
    this.#fullSince = Math.min(this.#fullSince, now);
    const excess = bytes - this.#allowedBytes;
    if (excess > hardBufferBytes) return 'close';
    if (this.#laggingSince === undefined && excess > softBufferBytes) {
      this.#laggingSince = now;
      this.#lagged += 1;
      this.#isBehind = true;
      return 'holdBack';
    }
    // What it missed counts against no limit, but it must be read: nothing else may come, and so it may never lag again.
    const since = this.#laggingSince ?? (this.#isBehind ? this.#fullSince : Infinity);
    return now - Math.max(since, this.#readAt) > laggingTimeoutMs ? 'close' : 'wait';
  }
}
