import { type LoggedPublish, payloadHash, type WireServerFrame } from '@outcry/testkit';

import { Connection } from './connection.ts';
import { eventually } from '../../support/eventually.ts';
import type { Random } from '../../support/random.ts';

const TICK_MS = 10;
/** Before a publish is sent again, where the refusal does not say how long to wait (docs/PROTOCOL.md §5). */
const RETRY_MS = 100;
const MAX_PENDING = 2000;
const SETTLE_DEADLINE_MS = 30_000;

export interface PublisherOptions {
  readonly name: string;
  readonly rooms: readonly string[];
  readonly url: () => string;
  readonly random: Random;
  /** Messages a second, all rooms together. */
  readonly rate: number;
  /** How often a publish is sent, with one key, before it is given up. */
  readonly attempts: number;
  /** With so many without an answer it sends no others: a system that does not keep up is not to be buried. 2,000 unless said otherwise. */
  readonly maxPending?: number;
  readonly onSettled: (publish: LoggedPublish) => void;
}

interface Pending {
  readonly room: string;
  readonly key: string;
  readonly data: { readonly p: string; readonly n: number };
  attempts: number;
  sentAt: number;
}

/** Publishes at a pace, in each room in turn, and logs what came of every publish. */
export class Publisher {
  readonly connection: Connection;
  /** Milliseconds from a publish to its error, for each error that came. */
  readonly errorsAfterMs: number[] = [];
  readonly errorCodes = new Set<string>();
  /** Milliseconds from a publish to its acknowledgement, for each that came. */
  readonly acksAfterMs: number[] = [];
  readonly #options: PublisherOptions;
  readonly #pending = new Map<number, Pending>();
  readonly #retries = new Set<NodeJS.Timeout>();
  #joined = new Set<string>();
  #interval: NodeJS.Timeout | undefined;
  #startedAt = 0;
  #sent = 0;
  #lastId = 0;
  #numbered = 0;

  constructor(options: PublisherOptions) {
    this.#options = options;
    this.connection = new Connection({
      ...options,
      user: options.name,
      onOpen: () => {
        this.#join();
      },
      onFrame: (frame) => {
        this.#take(frame);
      },
      onLost: () => {
        this.#joined = new Set();
        for (const [id, pending] of [...this.#pending]) this.#tryAgain(id, pending);
      },
    });
    this.connection.open();
  }

  /** Whether it is in all of its rooms. */
  get isReady(): boolean {
    return this.#joined.size === this.#options.rooms.length;
  }

  /** Publishes not settled. */
  get pending(): number {
    return this.#pending.size + this.#retries.size;
  }

  start(): void {
    this.#startedAt = performance.now();
    this.#sent = 0;
    const { rate, maxPending = MAX_PENDING } = this.#options;
    this.#interval = setInterval(() => {
      const owed = Math.floor(((performance.now() - this.#startedAt) / 1000) * rate);
      while (this.#sent < owed) {
        this.#sent += 1;
        // What could not be sent in its time is not made up for.
        if (this.isReady && this.pending < maxPending) this.publish();
      }
    }, TICK_MS);
  }

  /** Publishes to the next room. */
  publish(): void {
    const { rooms, name } = this.#options;
    this.#numbered += 1;
    const n = this.#numbered;
    const room = rooms[n % rooms.length] ?? '';
    this.#send({ room, key: `${name}-${String(n)}`, data: { p: name, n }, attempts: 0, sentAt: 0 });
  }

  pause(): void {
    clearInterval(this.#interval);
  }

  /** Publishes no more, and resolves when every publish is settled. */
  async stop(): Promise<void> {
    this.pause();
    await eventually(() => this.pending === 0, {
      deadlineMs: SETTLE_DEADLINE_MS,
      describe: () => `${String(this.pending)} publishes of ${this.#options.name} have no answer`,
    });
  }

  end(): void {
    this.pause();
    for (const timer of this.#retries) clearTimeout(timer);
    this.connection.cut();
  }

  #join(): void {
    for (const room of this.#options.rooms) {
      this.connection.send({ type: 'join', id: `join ${room}`, room, history: 0, echo: false });
    }
  }

  #send(pending: Pending): void {
    this.#lastId += 1;
    pending.attempts += 1;
    pending.sentAt = performance.now();
    this.#pending.set(this.#lastId, pending);
    const { room, key, data } = pending;
    this.connection.send({ type: 'publish', id: this.#lastId, room, key, data });
  }

  #take(frame: WireServerFrame): void {
    if (frame.type === 'joined') {
      if (this.#options.rooms.includes(frame.room)) this.#joined.add(frame.room);
    } else if (frame.type === 'ack' || frame.type === 'error') {
      this.#takeAnswer(frame);
    }
  }

  #takeAnswer(frame: Extract<WireServerFrame, { type: 'ack' | 'error' }>): void {
    const id = Number(frame.id);
    const pending = this.#pending.get(id);
    if (pending === undefined) {
      if (frame.type === 'error') this.#joinAgain();
      return;
    }
    if (frame.type === 'ack') {
      this.#pending.delete(id);
      this.acksAfterMs.push(performance.now() - pending.sentAt);
      this.#settle(pending, { kind: 'ok', epoch: frame.epoch ?? '', seq: frame.seq ?? 0 });
      return;
    }
    this.errorsAfterMs.push(performance.now() - pending.sentAt);
    this.errorCodes.add(frame.code);
    if (frame.retryable) {
      this.#tryAgain(id, pending, frame.retryInMs);
    } else {
      this.#pending.delete(id);
      this.#settle(pending, { kind: 'failed' });
    }
  }

  #joinAgain(): void {
    setTimeout(() => {
      if (this.connection.isOpen && !this.isReady) this.#join();
    }, RETRY_MS);
  }

  #tryAgain(id: number, pending: Pending, waitMs = RETRY_MS): void {
    this.#pending.delete(id);
    if (pending.attempts >= this.#options.attempts) {
      this.#settle(pending, { kind: 'unknown' });
      return;
    }
    const timer = setTimeout(() => {
      this.#retries.delete(timer);
      if (this.isReady) this.#send(pending);
      else this.#tryAgain(id, pending);
    }, waitMs);
    this.#retries.add(timer);
  }

  #settle({ room, key, data }: Pending, outcome: LoggedPublish['outcome']): void {
    this.#options.onSettled({ publisher: this.#options.name, room, key, hash: payloadHash(data), outcome });
  }
}
