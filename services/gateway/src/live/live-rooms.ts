import { RequestError } from '@outcry/protocol';
import type { Logger } from '@outcry/service';

import { ApiError } from '../api/api-error.ts';
import { describeApiError, toApiError } from '../api/to-api-error.ts';
import type { ConsoleMetrics } from '../observability/console-metrics.ts';
import { AskingPace } from './asking-pace.ts';
import type { LiveLimits } from './limits.ts';
import { LiveRoom, type RoomMember } from './live-room.ts';
import { readQuestion, type RoomQuestion } from './room-question.ts';

const ASK_EVERY_MS = 1000;

export interface LiveRoomsParts {
  /** What the server API answers. @throws ApiError, or OutcryError */
  readonly ask: (question: RoomQuestion) => Promise<unknown>;
  readonly limits: Pick<LiveLimits, 'maxOpenRooms' | 'asks' | 'maxMessageBytes'>;
  readonly metrics: Pick<ConsoleMetrics, 'asks'>;
  readonly logger: Pick<Logger, 'error'>;
}

/** What came of a question, as the room says it. */
interface Answer {
  readonly text: string;
  readonly fault?: unknown;
  readonly isRefused: boolean;
}

/**
 * Rooms whose members see what the cluster answers. Each is asked for about once a second while somebody is in it, once for all of them;
 * all together no faster than their pace. When the last one has left, nothing runs.
 */
export class LiveRooms {
  readonly #parts: LiveRoomsParts;
  readonly #pace: AskingPace;
  readonly #rooms = new Map<string, LiveRoom>();
  #timer: NodeJS.Timeout | undefined;

  constructor(parts: LiveRoomsParts) {
    this.#parts = parts;
    this.#pace = new AskingPace(parts.limits.asks);
  }

  get size(): number {
    return this.#rooms.size;
  }

  /** @throws RequestError `forbidden`, `badRequest`, `limitReached` */
  join(name: string, member: RoomMember): LiveRoom {
    const room = this.#rooms.get(name) ?? this.#open(name);
    room.members.add(member);
    this.#plan();
    return room;
  }

  leave(room: LiveRoom, member: RoomMember): void {
    room.members.delete(member);
    if (room.members.size > 0 || this.#rooms.get(room.name) !== room) return;
    this.#rooms.delete(room.name);
    this.#plan();
  }

  #open(name: string): LiveRoom {
    const question = readQuestion(name);
    const { maxOpenRooms } = this.#parts.limits;
    if (this.#rooms.size >= maxOpenRooms) {
      throw new RequestError('limitReached', `those who look have ${String(maxOpenRooms)} rooms open together`);
    }
    const room = new LiveRoom(name, question, performance.now());
    this.#rooms.set(name, room);
    return room;
  }

  /** One timer, for the room that is due next. */
  #plan(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    const next = this.#next();
    if (next === undefined) return;
    const at = Math.max(next.dueAt, this.#pace.freeAt);
    this.#timer = setTimeout(
      () => {
        this.#askDue();
      },
      Math.max(0, Math.ceil(at - performance.now())),
    );
  }

  #next(): LiveRoom | undefined {
    let next: LiveRoom | undefined;
    for (const room of this.#rooms.values()) {
      if (!room.isAsked && (next === undefined || room.dueAt < next.dueAt)) next = room;
    }
    return next;
  }

  #askDue(): void {
    const now = performance.now();
    for (let room = this.#next(); room !== undefined; room = this.#next()) {
      if (Math.max(room.dueAt, this.#pace.freeAt) > now) break;
      this.#pace.take(now);
      room.isAsked = true;
      room.dueAt = now + ASK_EVERY_MS;
      void this.#renew(room);
    }
    this.#plan();
  }

  async #renew(room: LiveRoom): Promise<void> {
    const { text, fault, isRefused } = await this.#ask(room.question);
    room.isAsked = false;
    const { metrics, logger } = this.#parts;
    if (room.members.size === 0) {
      // Whoever wanted it has gone. Where others have come, theirs is another room of that name.
      metrics.asks.labels('gone').inc();
      return;
    }
    const isNew = room.publish(text);
    metrics.asks.labels(isRefused ? 'refused' : isNew ? 'changed' : 'same').inc();
    if (isNew && fault !== undefined) logger.error({ err: fault, command: room.question.name }, 'command failed');
    this.#plan();
  }

  async #ask(question: RoomQuestion): Promise<Answer> {
    const { ask, limits } = this.#parts;
    try {
      const text = JSON.stringify({ result: await ask(question) });
      if (Buffer.byteLength(text) <= limits.maxMessageBytes) return { text, isRefused: false };
      const most = `an answer in a room may have ${String(limits.maxMessageBytes)} bytes`;
      return { text: tellRefusal(new ApiError('answerTooLarge', most)), isRefused: true };
    } catch (err) {
      const refusal = toApiError(err);
      if (refusal !== undefined) return { text: tellRefusal(refusal), isRefused: true };
      const fault = new ApiError('internal', 'a fault of the gateway; its log says more');
      return { text: tellRefusal(fault), isRefused: true, fault: err };
    }
  }
}

function tellRefusal(refusal: ApiError): string {
  return JSON.stringify(describeApiError(refusal));
}
