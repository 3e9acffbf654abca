import { ERROR_CODES, type ReceivedFrame } from '@outcry/protocol';

import { OutcryError, type OutcryErrorCode, toOutcryError } from '../primitives/errors.ts';
import type { Emit } from './effects.ts';
import type { Answer } from './answer.ts';
import type { Request } from './request.ts';
import type { RoomState } from './room-state.ts';

/** After an error that says "later". */
const REPEAT_AFTER_MS = 1_000;

interface Entry {
  readonly request: Request;
  notBefore: number;
  wasSent: boolean;
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

  get nextAlarmAt(): number {
    return this.#waiting.reduce(
      (at, { notBefore }) => (notBefore > 0 ? Math.min(at, notBefore) : at),
      this.#deadlineAt,
    );
  }

  add(request: Request, maxFrameBytes: number): void {
    const entry = { request, notBefore: 0, wasSent: false };
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
  take(now: number, maxFrameBytes: number): Request | undefined {
    const held = new Set<RoomState | string>();
    for (let i = 0; i < this.#waiting.length; i++) {
      const entry = this.#waiting[i];
      if (entry === undefined) return undefined;
      const { room, id, lane = room } = entry.request;
      if ((lane !== undefined && held.has(lane)) || room?.isJoined === false) continue;
      if (entry.notBefore > now) {
        if (lane !== undefined) held.add(lane);
        continue;
      }
      this.#waiting.splice(i, 1);
      if (this.#isTooBig(entry, maxFrameBytes)) {
        i -= 1;
        continue;
      }
      entry.wasSent = true;
      entry.notBefore = 0;
      this.#sent.set(id, entry);
      return entry.request;
    }
    return undefined;
  }

  /** Whether the answer was to one of these. */
  settle(frame: Answer | Extract<ReceivedFrame, { type: 'error' }>, now: number): boolean {
    const entry = typeof frame.id === 'number' ? this.#sent.get(frame.id) : undefined;
    if (entry === undefined) return false;
    this.#sent.delete(entry.request.id);
    if (frame.type !== 'error') {
      this.#emit({ kind: 'resolve', request: entry.request, answer: frame });
    } else if (frame.retryable && entry.request.isRepeatable && now + REPEAT_AFTER_MS < entry.request.deadlineAt) {
      entry.notBefore = now + REPEAT_AFTER_MS;
      this.#waitAgain([entry]);
    } else {
      const mayBeStored = entry.request.isPublish && frame.code === ERROR_CODES.unavailable.code;
      this.#emit({ kind: 'reject', request: entry.request, error: toOutcryError(frame, { mayBeStored }) });
    }
    return true;
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

  /** A frame that is too big would end the session. */
  #isTooBig(entry: Entry, maxFrameBytes: number): boolean {
    const { frameBytes } = entry.request;
    if (frameBytes <= maxFrameBytes) return false;
    this.#reject(entry, 'tooBig', {
      message: `${String(frameBytes)} bytes, and the gateway takes ${String(maxFrameBytes)}`,
    });
    return true;
  }

  /** Ids go up in the order of requests. */
  #waitAgain(entries: readonly Entry[]): void {
    this.#waiting = [...entries, ...this.#waiting].sort((a, b) => a.request.id - b.request.id);
  }

  #reject(
    { request, wasSent }: Entry,
    code: OutcryErrorCode,
    { message, ...details }: { message: string; isRetryable?: boolean; closeCode?: number | undefined },
  ): void {
    const mayBeStored = request.isPublish && wasSent;
    const { isRetryable = false, closeCode } = details;
    const error = new OutcryError(code, message, { isRetryable, closeCode, mayBeStored });
    this.#emit({ kind: 'reject', request, error });
  }
}
