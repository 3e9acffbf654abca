import type { Position } from '@outcry/protocol';

import { messageNumber, roomAndEpoch } from '../check/claims.ts';
import type { Heads } from '../check/heads.ts';
import type { SeenMessages } from '../check/seen-messages.ts';
import { monotonicMicros } from '../measure/clock.ts';
import { recordMicros } from '../measure/latencies.ts';
import type { Recorder } from '../measure/recorder.ts';
import { createPayload, type Payload } from './payload.ts';
import { retryDelayMs } from './retry-timer.ts';
import type { Link } from './role.ts';

export interface OutboxOptions {
  readonly room: string;
  /** In the keys of messages, so that runs do not meet. */
  readonly runId: string;
  /** The index of the connection. */
  readonly publisher: number;
  readonly padding: string;
  readonly recorder: Recorder;
  /** Told of every acknowledged message. */
  readonly heads: Heads;
  readonly seen: SeenMessages;
}

interface Entry {
  readonly payload: Payload;
  /** Asked: there will be an answer. Waiting: it goes out (again). Unknown: nobody can be asked any more whether it was stored. */
  state: 'asked' | 'waiting' | 'unknown';
  sends: number;
  /** A key is one user's, and a guest is another one on each connection. */
  sentAs: string | undefined;
  /** Whether the publisher was sent it, as any member. */
  hasCome: boolean;
}

/** Messages of one publisher without an answer. */
const MAX_UNACKNOWLEDGED = 1000;
/** What has waited goes out no faster than this share of what the gateway takes, so that it comes through beside what is due. */
const MAX_SHARE_OF_RATE = 0.8;
const MS_PER_SECOND = 1000;
/** A gateway knows a key for five minutes: past that, a repeat might be a second message. */
const MAX_REPEAT_MICROS = 240e6;

/**
 * What one publisher is to publish and was not told the place of. It goes out at once, or as soon as the room is joined again,
 * and is repeated under its key until there is an answer, as users' clients do. A guest that lost its connection cannot ask
 * again: that the message comes to itself has to be the answer.
 */
export class Outbox {
  readonly #options: OutboxOptions;
  /** All without an answer, by their counters. */
  readonly #open = new Map<number, Entry>();
  /** By the id of the request, on the connection there is. */
  readonly #asked = new Map<number, Entry>();
  /** In the order of their counters. */
  #waiting: Entry[] = [];
  #heldUntil = 0;
  #link: Link | undefined;
  #timer: NodeJS.Timeout | undefined;
  #counter = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Messages without an answer. */
  get size(): number {
    return this.#open.size;
  }

  get isFull(): boolean {
    return this.size >= MAX_UNACKNOWLEDGED;
  }

  /** Publishes one message, now or as soon as it can be. */
  publish(): void {
    const { room, publisher, padding } = this.#options;
    this.#counter++;
    const payload = createPayload(room, { publisher, counter: this.#counter, sentAt: monotonicMicros(), padding });
    const entry: Entry = { payload, state: 'waiting', sends: 0, sentAs: undefined, hasCome: false };
    this.#open.set(this.#counter, entry);
    if (this.#link !== undefined && this.#waiting.length === 0) this.#ask(this.#link, entry);
    else this.#wait([entry]);
  }

  /** The room is joined: what has no answer goes out. */
  joined(link: Link): void {
    this.#link = link;
    this.#heldUntil = 0;
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#wait(waiting.filter((entry) => this.#canBeSent(entry, link)));
  }

  /** The room is left or lost, and no answer comes any more. */
  lost(): void {
    this.#link = undefined;
    this.#stop();
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    this.#wait(asked);
  }

  /** The publisher was sent a message of its own. */
  delivered(counter: number): void {
    const entry = this.#open.get(counter);
    if (entry === undefined) return;
    entry.hasCome = true;
    if (entry.state === 'unknown') this.#settle(entry);
  }

  acknowledged(id: number, { epoch, seq }: Position): void {
    const entry = this.#asked.get(id);
    if (entry === undefined) return;
    this.#asked.delete(id);
    const { room, recorder, heads, seen } = this.#options;
    heads.note(room, { epoch, seq });
    seen.acknowledged(roomAndEpoch(room, epoch), [seq, messageNumber(entry.payload)]);
    this.#settle(entry);
    // How long a repeated one took tells of the loss before it.
    if (entry.sends === 1) recordMicros(recorder.ack, monotonicMicros() - entry.payload.sentAt);
  }

  refused(id: number, isRetryable: boolean): void {
    const entry = this.#asked.get(id);
    if (entry === undefined) return;
    this.#asked.delete(id);
    if (!isRetryable) {
      this.#open.delete(entry.payload.counter);
      return;
    }
    this.#heldUntil = performance.now() + retryDelayMs();
    this.#wait([entry]);
  }

  #settle(entry: Entry): void {
    this.#open.delete(entry.payload.counter);
    this.#options.recorder.count('acknowledged');
  }

  /** Whether a message may go out on a connection: if not, it is settled, unknown or given up. */
  #canBeSent(entry: Entry, link: Link): boolean {
    if (entry.sends === 0) return true;
    if (entry.sentAs !== link.user) {
      entry.state = 'unknown';
      this.#options.recorder.count('unknown');
      if (entry.hasCome) this.#settle(entry);
      return false;
    }
    if (entry.payload.sentAt > monotonicMicros() - MAX_REPEAT_MICROS) return true;
    this.#open.delete(entry.payload.counter);
    return false;
  }

  #wait(entries: readonly Entry[]): void {
    for (const entry of entries) entry.state = 'waiting';
    if (entries.length > 0) {
      this.#waiting = [...this.#waiting, ...entries].sort((a, b) => a.payload.counter - b.payload.counter);
    }
    if (this.#link === undefined || this.#waiting.length === 0) return;
    this.#timer ??= setInterval(
      () => {
        this.#sendNext();
      },
      MS_PER_SECOND / (MAX_SHARE_OF_RATE * this.#link.framesPerSecond),
    );
  }

  #stop(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #sendNext(): void {
    if (performance.now() < this.#heldUntil) return;
    const link = this.#link;
    let entry = this.#waiting.shift();
    while (entry !== undefined && link !== undefined && !this.#canBeSent(entry, link)) entry = this.#waiting.shift();
    if (entry === undefined || link === undefined) this.#stop();
    else this.#ask(link, entry);
  }

  #ask(link: Link, entry: Entry): void {
    const { room, runId, publisher, recorder } = this.#options;
    const id = link.nextId();
    const key = `${runId}.${String(publisher)}.${String(entry.payload.counter)}`;
    recorder.count(entry.sends === 0 ? 'published' : 'repeats');
    entry.sends++;
    entry.state = 'asked';
    entry.sentAs = link.user;
    this.#asked.set(id, entry);
    link.send({ type: 'publish', id, room, data: entry.payload, key });
  }
}
