import type { Socket } from 'node:net';

/** What becomes of what goes one way through a proxy. Nothing set: it passes. */
export interface LaneFaults {
  /** Waits until the fault is over, then passes: nobody is told anything, as if the sender were stopped. */
  readonly isHeld?: boolean;
  /** Never arrives. */
  readonly isLost?: boolean;
  /** Arrives so much later, in order; asked for each piece. */
  readonly delayMs?: () => number;
  /** Makes, for one connection, what cuts out of each piece what is not to arrive. */
  readonly createFilter?: () => (piece: Buffer) => Buffer;
}

const PASSING: LaneFaults = {};

/** One direction of a connection through a proxy. */
export class Lane {
  readonly #source: Socket;
  readonly #sink: Socket;
  #faults = PASSING;
  #filter: ((piece: Buffer) => Buffer) | undefined;
  #waiting: { readonly dueAt: number; readonly piece: Buffer }[] = [];
  #timer: NodeJS.Timeout | undefined;
  #hasEnded = false;

  constructor(source: Socket, sink: Socket, onPiece?: (piece: Buffer) => void) {
    this.#source = source;
    this.#sink = sink;
    source.on('data', (piece: Buffer) => {
      onPiece?.(piece);
      this.#take(piece);
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
  }

  #take(piece: Buffer): void {
    const { isHeld = false, isLost = false, delayMs } = this.#faults;
    if (isLost) return;
    const passing = this.#filter?.(piece) ?? piece;
    if (passing.length === 0) return;
    const earliest = this.#waiting.at(-1)?.dueAt ?? 0;
    const dueAt = isHeld ? Infinity : Math.max(earliest, performance.now() + (delayMs?.() ?? 0));
    this.#waiting.push({ dueAt, piece: passing });
    this.#pump();
  }

  #release(): void {
    this.#waiting = this.#waiting.map(({ piece }) => ({ dueAt: 0, piece }));
    this.#pump();
  }

  #pump(): void {
    clearTimeout(this.#timer);
    const now = performance.now();
    for (let next = this.#waiting[0]; next !== undefined && next.dueAt <= now; next = this.#waiting[0]) {
      this.#waiting.shift();
      // What cannot be written on is not read either, or a slow reader would not be felt by the sender.
      if (!this.#sink.write(next.piece)) this.#source.pause();
    }
    const next = this.#waiting[0];
    if (next === undefined) {
      if (this.#hasEnded) this.#sink.end();
    } else if (next.dueAt !== Infinity) {
      this.#timer = setTimeout(() => {
        this.#pump();
      }, next.dueAt - now);
    }
  }

  #flow(): void {
    if (this.#faults.isHeld === true) this.#source.pause();
    else if (!this.#sink.writableNeedDrain) this.#source.resume();
  }
}
