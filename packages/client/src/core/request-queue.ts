import { ERROR_CODES, type ReceivedFrame } from '@outcry/protocol';

import { OutcryError, type OutcryErrorCode, toOutcryError } from '../primitives/errors.ts';
import type { Emit } from './effects.ts';
import type { Answer } from './answer.ts';
import type { Bucket } from './pacer.ts';
import type { EncodedRequest, Request } from './request.ts';
import type { RoomState } from './room-state.ts';

/** After an error that says "later". */
const REPEAT_AFTER_MS = 1_000;

interface Entry {
  readonly request: Request;
  encoded: EncodedRequest | undefined;
  /** For whom, where each user's is another. */
  encodedFor: string | undefined;
  /** It is being checked or encoded. */
  isAwaited: boolean;
  notBefore: number;
  /** In whose name it went out; undefined where it did not. */
  sentAs: string | undefined;
}

/** Who is connected to what. */
export interface Session {
  readonly socket: number;
  readonly user: string;
  readonly maxFrameBytes: number;
  /** What the gateway takes of those. */
  readonly calls: Pick<Bucket, 'hasAny' | 'take' | 'readyAt'>;
}

/** What is said of a frame that would end the session. */
export function tooBig(bytes: number, maxFrameBytes: number): string {
  return `${String(bytes)} bytes, and the gateway takes ${String(maxFrameBytes)}`;
}

/**
 * Requests from when they are made to when they are answered, on whatever connection. Those that wait go out in the order in
 * which they were made; after a loss, the unanswered ones first.
 */
export class RequestQueue {
  readonly #emit: Emit;
  readonly #maxRequests: number;
  #waiting: Entry[] = [];
  readonly #sent = new Map<number, Entry>();
  /** No request ends before this; it may be earlier than the earliest. */
  #deadlineAt = Infinity;

  constructor(emit: Emit, maxRequests: number) {
    this.#emit = emit;
    this.#maxRequests = maxRequests;
  }

  get size(): number {
    return this.#waiting.length + this.#sent.size;
  }

  /** Some have gone out and have no answer yet. */
  get hasSent(): boolean {
    return this.#sent.size > 0;
  }

  get nextAlarmAt(): number {
    return this.#waiting.reduce(
      (at, { notBefore }) => (notBefore > 0 ? Math.min(at, notBefore) : at),
      this.#deadlineAt,
    );
  }

  add(request: Request, maxFrameBytes: number): void {
    const { encoded, isUnchecked: isAwaited } = request;
    const entry: Entry = { request, encoded, encodedFor: undefined, isAwaited, notBefore: 0, sentAs: undefined };
    if (this.#isTooBig(entry, maxFrameBytes)) return;
    if (this.size >= this.#maxRequests) {
      this.#reject(entry, 'queueFull', {
        message: `${String(this.#maxRequests)} requests wait already`,
        isRetryable: true,
      });
      return;
    }
    this.#waiting.push(entry);
    this.#deadlineAt = Math.min(this.#deadlineAt, request.deadlineAt);
  }

  /** The next request that can go out, counted as sent; those of one room or lane do not overtake each other. */
  take(now: number, { socket, user, maxFrameBytes, calls }: Session): EncodedRequest | undefined {
    const held = new Set<RoomState | string | undefined>();
    for (let i = 0; i < this.#waiting.length; i++) {
      const entry = this.#waiting[i];
      if (entry === undefined) return undefined;
      const { room, id, lane = room, isCall } = entry.request;
      if (held.has(lane) || room?.isOn(socket) === false) continue;
      const isRefused = this.#isAnothers(entry, user);
      if (isCall && !calls.hasAny(now)) entry.notBefore = calls.readyAt;
      if (!isRefused && (entry.notBefore > now || !this.#isEncoded(entry, user))) {
        if (lane !== undefined) held.add(lane);
        continue;
      }
      this.#waiting.splice(i, 1);
      if (isRefused || this.#isTooBig(entry, maxFrameBytes)) {
        i -= 1;
        continue;
      }
      if (isCall) calls.take(1);
      entry.sentAs = user;
      entry.notBefore = 0;
      this.#sent.set(id, entry);
      return entry.encoded;
    }
    return undefined;
  }

  /** What it says is as it should be. */
  handleChecked(id: number): void {
    const entry = this.#waiting.find(({ request }) => request.id === id);
    if (entry !== undefined) entry.isAwaited = false;
  }

  handleEncoded(id: number, user: string, encoded: EncodedRequest): void {
    const entry = this.#waiting.find(({ request }) => request.id === id);
    if (entry === undefined) return;
    entry.isAwaited = false;
    entry.encoded = encoded;
    entry.encodedFor = user;
  }

  /** Whether the answer was to one of these. */
  settle(frame: Answer | Extract<ReceivedFrame, { type: 'error' }>, now: number): boolean {
    const entry = typeof frame.id === 'number' ? this.#sent.get(frame.id) : undefined;
    if (entry === undefined) return false;
    this.#sent.delete(entry.request.id);
    if (frame.type === 'error') {
      this.#settleRefused(entry, frame, now);
      return true;
    }
    const { request } = entry;
    if (frame.type === 'ack' && request.isPublish) request.room?.handleStored(frame);
    this.#emit({ kind: 'resolve', request, answer: frame });
    return true;
  }

  #settleRefused(entry: Entry, frame: Extract<ReceivedFrame, { type: 'error' }>, now: number): void {
    const { request } = entry;
    const notBefore = now + (frame.retryInMs ?? REPEAT_AFTER_MS);
    if (frame.retryable && request.isRepeatable && notBefore < request.deadlineAt) {
      entry.notBefore = notBefore;
      this.#waitAgain([entry]);
      return;
    }
    // Who is told when to come back has been refused at the door.
    const isUnknown = frame.code === ERROR_CODES.unavailable.code && frame.retryInMs === undefined;
    const error = toOutcryError(frame, { mayBeStored: hasEffect(request) && isUnknown });
    this.#emit({ kind: 'reject', request, error });
  }

  /** The connection is gone: what can be repeated waits for the next one. */
  handleLoss(): void {
    const lost = [...this.#sent.values()];
    this.#sent.clear();
    for (const entry of lost) {
      if (entry.request.isRepeatable) continue;
      this.#reject(entry, 'disconnected', { message: 'the connection was lost', isRetryable: true });
    }
    this.#waitAgain(lost.filter(({ request }) => request.isRepeatable));
  }

  handleAlarm(now: number): void {
    for (const entry of this.#waiting) if (entry.notBefore <= now) entry.notBefore = 0;
    if (now < this.#deadlineAt) return;
    this.#rejectWhere(({ deadlineAt }) => deadlineAt <= now, 'timedOut', {
      message: 'no answer within the time limit',
      isRetryable: true,
    });
    this.#deadlineAt = Math.min(...this.#entries().map(({ request }) => request.deadlineAt));
  }

  /** What it says cannot be sent. */
  refuse(id: number, error: OutcryError): void {
    this.#waiting = this.#waiting.filter(({ request }) => {
      if (request.id === id) this.#emit({ kind: 'reject', request, error });
      return request.id !== id;
    });
  }

  rejectOf(room: RoomState, error: OutcryError): void {
    this.#rejectWhere((request) => request.room === room, error.code, error);
  }

  rejectAll(error: OutcryError): void {
    this.#rejectWhere(() => true, error.code, error);
    this.#deadlineAt = Infinity;
  }

  #entries(): Entry[] {
    return [...this.#sent.values(), ...this.#waiting];
  }

  #rejectWhere(
    matches: (request: Request) => boolean,
    code: OutcryErrorCode,
    details: { message: string; isRetryable?: boolean; closeCode?: number | undefined },
  ): void {
    const rejected = this.#entries().filter(({ request }) => matches(request));
    for (const { request } of rejected) this.#sent.delete(request.id);
    this.#waiting = this.#waiting.filter((entry) => !rejected.includes(entry));
    for (const entry of rejected) this.#reject(entry, code, details);
  }

  /** Encodes what each user's is another of, once for each. */
  #isEncoded(entry: Entry, user: string): boolean {
    const { request } = entry;
    if (entry.isAwaited) return false;
    if (request.encoded !== undefined || entry.encodedFor === user) return true;
    entry.isAwaited = true;
    this.#emit({ kind: 'encode', request, user });
    return false;
  }

  /** A key is its user's: another, as a guest who comes back is, would publish a second time. */
  #isAnothers(entry: Entry, user: string): boolean {
    const { request, sentAs } = entry;
    if (!request.isPublish || sentAs === undefined || sentAs === user) return false;
    this.#reject(entry, 'disconnected', { message: `it was sent as ${sentAs}, and this is ${user} now` });
    return true;
  }

  /** A frame that is too big would end the session. */
  #isTooBig(entry: Entry, maxFrameBytes: number): boolean {
    const bytes = entry.encoded?.bytes ?? 0;
    if (bytes <= maxFrameBytes) return false;
    this.#reject(entry, 'tooBig', { message: tooBig(bytes, maxFrameBytes) });
    return true;
  }

  /** Ids go up in the order of requests. */
  #waitAgain(entries: readonly Entry[]): void {
    this.#waiting = [...entries, ...this.#waiting].sort((a, b) => a.request.id - b.request.id);
  }

  #reject(
    { request, sentAs }: Entry,
    code: OutcryErrorCode,
    { message, ...details }: { message: string; isRetryable?: boolean; closeCode?: number | undefined },
  ): void {
    const mayBeStored = hasEffect(request) && sentAs !== undefined;
    const { isRetryable = false, closeCode } = details;
    const error = new OutcryError(code, message, { isRetryable, closeCode, mayBeStored });
    this.#emit({ kind: 'reject', request, error });
  }
}

function hasEffect({ isPublish, isCall }: Request): boolean {
  return isPublish || isCall;
}
