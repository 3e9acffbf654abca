import { OutcryError } from '../outcry-error.ts';
import type { Published } from './broker.ts';
import type { BatchParts, RoomMessageRequest } from './message-batch.ts';
import { MessageLane } from './message-lane.ts';

/** Messages without an answer; further ones are refused. At 1 ms to Redis this is eight million a second. */
const MAX_UNANSWERED = 8192;

/**
 * What one turn of the loop publishes to a room goes to Redis in one call of the script, which costs it half of what a call for
 * each would (decisions/0079). The order within a room is that of the calls; nothing waits past the turn, but for a takeover of its
 * room.
 */
export class MessageBatches {
  readonly #parts: BatchParts;
  /** By the key of the room's numbering: those with anything that waits, or has no answer. */
  readonly #lanes = new Map<string, MessageLane>();
  #unanswered = 0;

  constructor(parts: BatchParts) {
    this.#parts = parts;
  }

  /** @throws OutcryError `unavailable`, `closed` or `notBegun` */
  async publish(request: RoomMessageRequest): Promise<Published> {
    const { redis } = this.#parts;
    const { meta } = request.names;
    redis.assertReady(meta);
    if (this.#unanswered >= MAX_UNANSWERED) {
      throw new OutcryError('unavailable', `Redis at ${redis.addressOf(meta)}: too many messages without an answer`);
    }
    this.#unanswered += 1;
    try {
      const batch = this.#laneOf(meta).batchFor(request);
      const place = batch.add(request);
      const outcome = await batch.outcome;
      return outcome.of(place);
    } finally {
      this.#unanswered -= 1;
    }
  }

  #laneOf(meta: string): MessageLane {
    const known = this.#lanes.get(meta);
    if (known !== undefined) return known;
    const lane = new MessageLane(this.#parts, meta, () => this.#lanes.delete(meta));
    this.#lanes.set(meta, lane);
    return lane;
  }
}
