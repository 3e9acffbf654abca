import type { Position } from '@outcry/protocol';
import type { Redirect } from '../redis/faults/redirect.ts';
import type { Router } from '../redis/router.ts';
import type { ScriptArgument } from '../redis/scripts/script-call.ts';
import type { MessageTrace, Published, Retention } from './broker.ts';
import { infoPart, tracedOrigin } from './bus-envelope.ts';
import { ARCHIVED_NUMBERING_TTL_MS, NUMBERING_TTL_MS } from './defaults.ts';
import { EPOCH_LENGTH } from './epoch.ts';
import { notBegun } from './faults.ts';
import type { RoomNames } from './keys.ts';
import { OVERHANG, PUBLISH_MESSAGES } from './scripts/publish-messages.lua.ts';

/** Of one batch. Redis serves nobody else meanwhile: at 3 µs a message, for a fifth of a millisecond. */
const MAX_MESSAGES = 64;
/** Of one batch, beside its first message. */
const MAX_BYTES = 256 * 1024;
/** What the script replies where the first message would have been the room's first. */
const NOT_BEGUN = 2;
/** Where in a reply it is said how many messages are kept for the archive no longer. */
const LET_GO = 2;

/** Of an envelope, beside its origin and its head (bus-envelope.ts). */
const FIXED_BYTES = 36;
/** What msgpack begins a `seq` with: https://github.com/msgpack/msgpack/blob/master/spec.md#int-format-family */
const UINT64 = 0xcf;

export interface RoomMessageRequest {
  readonly names: RoomNames;
  /** What becomes the room's epoch where it has none; empty where the message may not be the first that it has ever had. */
  readonly candidate: string;
  readonly head: Uint8Array;
  readonly info?: Uint8Array | undefined;
  readonly origin: string;
  readonly trace?: MessageTrace | undefined;
  readonly retention: Retention;
  /** The key of Redis under which it is remembered that the message was published. */
  readonly once: string | undefined;
}

export interface BatchParts {
  readonly redis: Pick<Router, 'addressOf' | 'assertReady' | 'beforeNext' | 'follow' | 'lineOf' | 'runScript'>;
  readonly idempotencyWindowMs: number;
  /** Called with how many messages are kept for the archive no longer, though it has not read them. */
  readonly onLetGo?: ((messages: number) => void) | undefined;
}

/** Another server has numbered the room last, or has its partition, or will have it soon. */
export type Refusal = 'numbered elsewhere' | Redirect['kind'];

/** What was replied to a batch. */
export interface Outcome {
  /** What has become of the message in that place. */
  of(place: number): Published;
}

/** Messages of one room that are alike in all that the script is told once for all of them. */
export class MessageBatch {
  readonly outcome: Promise<Outcome>;
  /** Why nothing was done with it before, each of which may be once. */
  readonly refusals = new Set<Refusal>();
  readonly #resolve: (outcome: Outcome) => void;
  readonly #reject: (error: unknown) => void;
  /** Whose names, retention and candidate are those of all. */
  readonly #first: RoomMessageRequest;
  readonly #bodies: Buffer[] = [];
  readonly #keys: string[] = [];
  #bytes = 0;
  /** Of the longest message. */
  #longest = 0;

  constructor(first: RoomMessageRequest) {
    let settle!: [resolve: (outcome: Outcome) => void, reject: (error: unknown) => void];
    this.outcome = new Promise((resolve, reject) => (settle = [resolve, reject]));
    [this.#resolve, this.#reject] = settle;
    this.#first = first;
  }

  hasRoomFor({ candidate, head, info, retention, once }: RoomMessageRequest): boolean {
    const first = this.#first;
    return (
      this.#bodies.length < MAX_MESSAGES &&
      this.#bytes + head.length + (info?.length ?? 0) <= MAX_BYTES &&
      (candidate === '') === (first.candidate === '') &&
      isSame(retention, first.retention) &&
      // A key that comes twice is that of one message: the second call finds what the first has stored.
      (once === undefined ? first.once === undefined : first.once !== undefined && !this.#keys.includes(once))
    );
  }

  /** Its place in the batch. */
  add({ head, info, origin: name, trace, once }: RoomMessageRequest): number {
    const about = infoPart(info);
    const origin = trace === undefined ? name : tracedOrigin(name, trace);
    const body = Buffer.allocUnsafe(origin.length + about.length + head.length + 2);
    body[0] = origin.length;
    body.write(origin, 1, 'latin1');
    body.set(about, 1 + origin.length);
    body.set(head, 1 + origin.length + about.length);
    body[body.length - 1] = UINT64;
    this.#bytes += body.length;
    this.#longest = Math.max(this.#longest, FIXED_BYTES + body.length - 2);
    if (once !== undefined) this.#keys.push(once);
    return this.#bodies.push(body) - 1;
  }

  /** Resolves with what the script replies; whoever sends it says what comes of that. */
  send({ redis, idempotencyWindowMs }: BatchParts, line: string): Promise<unknown> {
    const { names, candidate, retention } = this.#first;
    const { count, ms, bytes = 0, isArchived = false, unarchivedBytes = 0 } = retention;
    const maxUnread = isArchived && count > 0 ? unarchivedBytes : 0;
    const keys: [string, ...string[]] = [
      names.meta,
      names.stream,
      ...(maxUnread > 0 ? [names.kept] : []),
      ...this.#keys,
    ];
    const args: readonly ScriptArgument[] = [
      names.channel,
      candidate,
      count === 0 ? 0 : ms,
      count,
      bytes,
      bytes > 0 && 2 * this.#longest * (count + OVERHANG) > bytes ? 1 : 0,
      isArchived ? ARCHIVED_NUMBERING_TTL_MS : NUMBERING_TTL_MS,
      idempotencyWindowMs,
      line,
      maxUnread,
      ...this.#bodies,
    ];
    return redis.runScript(PUBLISH_MESSAGES, keys, args);
  }

  /** By what the script has replied, which has done with it what it was asked for, or refused to begin the room. */
  resolve(reply: unknown, { onLetGo }: Pick<BatchParts, 'onLetGo'> = {}): void {
    if (reply === NOT_BEGUN) {
      this.#reject(notBegun());
      return;
    }
    if (Array.isArray(reply) && typeof reply[LET_GO] === 'number') onLetGo?.(reply[LET_GO]);
    this.#resolve(outcomeOf(reply, this.#bodies.length));
  }

  reject(error: unknown): void {
    this.#reject(error);
  }
}

function outcomeOf(reply: unknown, messages: number): Outcome {
  if (!Array.isArray(reply)) {
    const { epoch, seq } = positionOf(reply);
    return { of: (place) => ({ position: { epoch, seq: seq - messages + 1 + place }, isDuplicate: false }) };
  }
  const [newest, replied] = reply as [Buffer, (Buffer | null)[] | null];
  const { epoch, seq } = positionOf(newest);
  const known = replied ?? Array.from({ length: messages }, () => null);
  const isNew = known.map((position) => position === null);
  return {
    of: (place) => {
      const position = known[place];
      if (position !== null && position !== undefined) return { position: positionOf(position), isDuplicate: true };
      const behind = isNew.slice(place + 1).filter(Boolean).length;
      return { position: { epoch, seq: seq - behind }, isDuplicate: false };
    },
  };
}

/** Epoch and seq in one text, as the script has them. */
function positionOf(reply: unknown): Position {
  const text = String(reply);
  return { epoch: text.slice(0, EPOCH_LENGTH), seq: Number(text.slice(EPOCH_LENGTH)) };
}

function isSame(one: Retention, other: Retention): boolean {
  return (
    one === other ||
    (one.count === other.count &&
      one.ms === other.ms &&
      one.bytes === other.bytes &&
      one.isArchived === other.isArchived &&
      one.unarchivedBytes === other.unarchivedBytes)
  );
}
