import type { Socket } from 'node:net';

/** What becomes of what goes one way through a proxy. Nothing set: it passes. */
export interface LaneFaults {
  /** Waits until the fault is over, then passes: nobody is told anything, as if the sender were stopped. */
  readonly isHeld?: boolean;
  /** Never arrives. */
  readonly isLost?: boolean;
  /** Arrives so much later, in order; asked for each piece. */
  readonly delayMs?: () => number;
  /** Passes this fast, behind a queue as long as a router's; past that, the sender waits. */
  readonly bytesPerSecond?: number;
  /** Makes, for one connection, what cuts out of each piece what is not to arrive. */
  readonly createFilter?: () => (piece: Buffer) => Buffer;
}

const PASSING: LaneFaults = {};
/** Of what passes slowly: as much as a packet holds. */
const PACKET_BYTES = 1460;
/** What waits before a slow line: the sender of more is made to wait itself. */
const MAX_QUEUE_BYTES = 64 * 1024;

/** One direction of a connection through a proxy. */
export class Lane {
  readonly #source: Socket;
  readonly #sink: Socket;
  #faults = PASSING;
  #filter: ((piece: Buffer) => Buffer) | undefined;
  #waiting: { readonly dueAt: number; readonly piece: Buffer }[] = [];
  #waitingBytes = 0;
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  /** @param wording sees each piece, whatever becomes of it, and says what goes on in its place */
  constructor(source: Socket, sink: Socket, wording: (piece: Buffer) => Buffer = (piece) => piece) {
    this.#source = source;
    this.#sink = sink;
    source.on('data', (piece: Buffer) => {
      this.#take(wording(piece));
    });
    source.on('end', () => {
      this.#hasEnded = true;
      this.#pump();
    });
    sink.on('drain', () => {
      this.#flow();
    });
  }

  /** Holds from now on; what was held or delayed under other faults passes where these do not hold it. */
  set faults(faults: LaneFaults) {
    if (faults === this.#faults) return;
    this.#faults = faults;
    this.#filter = faults.createFilter?.();
    this.#flow();
    if (faults.isHeld !== true) this.#release();
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#waiting = [];
    this.#waitingBytes = 0;
  }

  #take(piece: Buffer): void {
    const { isLost = false, bytesPerSecond } = this.#faults;
    if (isLost) return;
    const passing = this.#filter?.(piece) ?? piece;
    const packetBytes = bytesPerSecond === undefined ? passing.length : PACKET_BYTES;
    for (let at = 0; at < passing.length; at += packetBytes) this.#enqueue(passing.subarray(at, at + packetBytes));
    this.#pump();
    this.#flow();
  }

  #enqueue(piece: Buffer): void {
    const { isHeld = false, delayMs, bytesPerSecond = Infinity } = this.#faults;
    const earliest = this.#waiting.at(-1)?.dueAt ?? 0;
    const startsAt = Math.max(earliest, performance.now() + (delayMs?.() ?? 0));
    const dueAt = isHeld ? Infinity : startsAt + (piece.length * 1000) / bytesPerSecond;
    this.#waiting.push({ dueAt, piece });
    this.#waitingBytes += piece.length;
  }

  #release(): void {
    this.#waiting = this.#waiting.map(({ piece }) => ({ dueAt: 0, piece }));
    this.#pump();
    this.#flow();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    for (let next = this.#waiting[0]; next !== undefined && next.dueAt <= now; next = this.#waiting[0]) {
      this.#waiting.shift();
      this.#waitingBytes -= next.piece.length;
      // What cannot be written on is not read either, or a slow reader would not be felt by the sender.
      if (!this.#sink.write(next.piece)) this.#source.pause();
    }
    const next = this.#waiting[0];
    if (next === undefined) {
      if (this.#hasEnded) this.#sink.end();
    } else if (next.dueAt !== Infinity) {
      this.#timer = setTimeout(() => {
        this.#pump();
        this.#flow();
      }, next.dueAt - now);
    }
  }

  #flow(): void {
    const { isHeld = false, bytesPerSecond } = this.#faults;
    const isFull = bytesPerSecond !== undefined && this.#waitingBytes > MAX_QUEUE_BYTES;
    if (isHeld || isFull) this.#source.pause();
    else if (!this.#sink.writableNeedDrain) this.#source.resume();
  }
}
