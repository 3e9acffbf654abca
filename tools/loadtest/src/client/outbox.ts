import type { Position } from '@outcry/protocol';

import { messageNumber, roomAndEpoch } from '../check/claims.ts';
import type { Heads } from '../check/heads.ts';
import type { SeenMessages } from '../check/seen-messages.ts';
import { monotonicMicros } from '../measure/clock.ts';
import { recordMicros } from '../measure/latencies.ts';
import type { Recorder } from '../measure/recorder.ts';
import { createPayload, type Payload } from './payload.ts';
import { RetryTimer } from './retry-timer.ts';
import type { Link } from './role.ts';

export interface OutboxOptions {
  readonly room: string;
  /** In the keys of messages, so that runs do not meet. */
  readonly runId: string;
  /** The index of the connection. */
  readonly publisher: number;
  readonly padding: readonly string[];
  readonly recorder: Recorder;
  /** Told of every acknowledged message. */
  readonly heads: Heads;
  readonly seen: SeenMessages;
}

interface Entry {
  readonly payload: Payload;
  wasRepeated: boolean;
}

/** Messages of one publisher without an answer; what is due past that is not sent. */
const MAX_UNACKNOWLEDGED = 1000;
/** A gateway knows a key for five minutes: past that, a repeat might be a second message. */
const MAX_REPEAT_MICROS = 240e6;

/** What one publisher has published and was not told the place of. It is repeated under its key until it is, as users' clients do. */
export class Outbox {
  readonly #options: OutboxOptions;
  /** By the id of the request, on the connection there is. */
  readonly #asked = new Map<number, Entry>();
  /** Not asked on this connection, or answered with "later". */
  #waiting: Entry[] = [];
  #link: Link | undefined;
  readonly #retry = new RetryTimer();
  #counter = 0;

  constructor(options: OutboxOptions) {
    this.#options = options;
  }

  /** Messages without an answer. */
  get size(): number {
    return this.#asked.size + this.#waiting.length;
  }

  /** Whether another message may be published now. */
  get isOpen(): boolean {
    return this.#link !== undefined && this.size < MAX_UNACKNOWLEDGED;
  }

  publish(): void {
    const { room, publisher, padding, recorder } = this.#options;
    const sentAt = monotonicMicros();
    this.#counter++;
    const payload = createPayload(room, { publisher, counter: this.#counter, sentAt, padding });
    recorder.count('published');
    this.#ask({ payload, wasRepeated: false });
  }

  /** The room is joined: what has no answer goes out again, in its order. */
  joined(link: Link): void {
    this.#link = link;
    this.#repeat();
  }

  /** The room is left or lost, and no answer comes any more. */
  lost(): void {
    this.#retry.cancel();
    this.#link = undefined;
    this.#waiting.push(...this.#asked.values());
    this.#asked.clear();
  }

  acknowledged(id: number, { epoch, seq }: Position): void {
    const entry = this.#asked.get(id);
    if (entry === undefined) return;
    this.#asked.delete(id);
    const { room, recorder, heads, seen } = this.#options;
    heads.note(room, { epoch, seq });
    seen.acknowledged(roomAndEpoch(room, epoch), [seq, messageNumber(entry.payload)]);
    recorder.count('acknowledged');
    // How long a repeated one took tells of the loss before it.
    if (!entry.wasRepeated) recordMicros(recorder.ack, monotonicMicros() - entry.payload.sentAt);
  }

  refused(id: number, isRetryable: boolean): void {
    const entry = this.#asked.get(id);
    if (entry === undefined) return;
    this.#asked.delete(id);
    if (!isRetryable) return;
    this.#waiting.push(entry);
    this.#retry.start(() => {
      this.#repeat();
    });
  }

  #repeat(): void {
    const waiting = this.#waiting.toSorted((a, b) => a.payload.counter - b.payload.counter);
    this.#waiting = [];
    const oldest = monotonicMicros() - MAX_REPEAT_MICROS;
    for (const entry of waiting) {
      if (entry.payload.sentAt < oldest) continue;
      entry.wasRepeated = true;
      this.#options.recorder.count('repeats');
      this.#ask(entry);
    }
  }

  #ask(entry: Entry): void {
    const link = this.#link;
    if (link === undefined) {
      this.#waiting.push(entry);
      return;
    }
    const { room, runId, publisher } = this.#options;
    const id = link.nextId();
    const key = `${runId}.${String(publisher)}.${String(entry.payload.counter)}`;
    this.#asked.set(id, entry);
    link.send({ type: 'publish', id, room, data: entry.payload, key });
  }
}
