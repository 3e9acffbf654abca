import { OutcryError } from '../outcry-error.ts';
import { type Redirect, RedirectError } from '../redis/faults/redirect.ts';
import { type BatchParts, MessageBatch, type Refusal, type RoomMessageRequest } from './message-batch.ts';
import { takeOver } from './take-over.ts';

/** What the script replies where another server has numbered the room last. Nothing was done. */
const NUMBERED_ELSEWHERE = 3;

/** What has to be known or done before anything else is sent. */
interface Preparation {
  readonly takesOver: boolean;
  /** Under which to publish, when that is known. */
  line?: string;
}

/**
 * What a node publishes to one room, in the order of the calls, whatever is refused meanwhile because another server has numbered the
 * room last (decisions/0076), or has it by now (decisions/0091).
 *
 * Batches leave turn by turn, while earlier ones have no answer yet. From the first that is refused on nothing leaves any more: those
 * on their way are refused for the same reason. When all have their answer, and the server has taken the room over, those that were
 * refused leave again in their order, and what has come since then leaves behind them. Should one that was on its way be taken, since
 * another node has had the room taken over between the two, then what was refused before it would come behind it: that is not sent
 * again.
 */
export class MessageLane {
  readonly #parts: BatchParts;
  /** The key of the room's numbering. */
  readonly #meta: string;
  readonly #onIdle: () => void;
  /** What has not left yet. More than one turn has to do with that only while something is being prepared. */
  #waiting: MessageBatch[] = [];
  /** What is to leave again, before what waits. */
  #refused: MessageBatch[] = [];
  #unanswered = 0;
  /** Of what has no answer. */
  #line = '';
  #preparation: Preparation | undefined;

  /** @param onIdle nothing is under way, and nothing waits */
  constructor(parts: BatchParts, meta: string, onIdle: () => void) {
    this.#parts = parts;
    this.#meta = meta;
    this.#onIdle = onIdle;
  }

  /** The batch with which it leaves, the last of those that wait if it can go with that. */
  batchFor(request: RoomMessageRequest): MessageBatch {
    const last = this.#waiting.at(-1);
    if (last?.hasRoomFor(request) === true) return last;
    const batch = new MessageBatch(request);
    if (this.#waiting.push(batch) === 1) {
      this.#parts.redis.beforeNext(this.#meta, () => {
        this.#sendWaiting();
      });
    }
    return batch;
  }

  #sendWaiting(): void {
    if (this.#preparation !== undefined || this.#waiting.length === 0) return;
    const line = this.#parts.redis.lineOf(this.#meta);
    // Of two batches under two lines the first may be refused, and the second not.
    const isOther = this.#unanswered > 0 && line.current !== this.#line;
    if (line.current === undefined || isOther) this.#prepare(line.find(), { takesOver: false });
    else this.#sendAll(line.current);
  }

  #sendAll(line: string): void {
    const batches = [...this.#refused, ...this.#waiting];
    this.#refused = [];
    this.#waiting = [];
    this.#line = line;
    for (const batch of batches) void this.#send(batch);
  }

  async #send(batch: MessageBatch): Promise<void> {
    this.#unanswered += 1;
    try {
      const reply = await batch.send(this.#parts, this.#line);
      this.#unanswered -= 1;
      if (reply === NUMBERED_ELSEWHERE) {
        this.#handleRefused(batch, 'numbered elsewhere', this.#numberedElsewhere());
        if (this.#refused.length > 0 && this.#preparation === undefined) this.#takeOver();
      } else {
        this.#giveUpRefused();
        batch.resolve(reply, this.#parts);
      }
    } catch (error) {
      this.#unanswered -= 1;
      if (error instanceof RedirectError) {
        this.#handleRefused(batch, error.redirect.kind, error);
        if (this.#refused.length > 0 && this.#preparation === undefined) this.#follow(error.redirect);
      } else {
        // It may have been carried out.
        this.#giveUpRefused();
        batch.reject(error);
      }
    }
    this.#goOn();
  }

  #handleRefused(batch: MessageBatch, refusal: Refusal, fault: OutcryError): void {
    if (batch.refusals.has(refusal)) {
      batch.reject(fault);
      return;
    }
    batch.refusals.add(refusal);
    this.#refused.push(batch);
  }

  #takeOver(): void {
    this.#prepare(takeOver(this.#parts.redis, this.#meta), { takesOver: true });
  }

  /** Where it leads, the room has been numbered elsewhere. */
  #follow(redirect: Redirect): void {
    const { redis } = this.#parts;
    const followed = redis.follow(this.#meta, redirect).then(() => takeOver(redis, this.#meta));
    this.#prepare(followed, { takesOver: true });
  }

  #prepare(finding: Promise<string>, preparation: Preparation): void {
    this.#preparation = preparation;
    finding.then(
      (line) => {
        preparation.line = line;
        this.#goOn();
      },
      (error: unknown) => {
        this.#preparation = undefined;
        for (const batch of [...this.#refused.splice(0), ...this.#waiting.splice(0)]) batch.reject(error);
        this.#goOn();
      },
    );
  }

  /** As soon as nothing is in the way. */
  #goOn(): void {
    if (this.#unanswered > 0) return;
    if (this.#preparation !== undefined) {
      const { line, takesOver } = this.#preparation;
      if (line === undefined) return;
      if (this.#refused.length > 0 && !takesOver) {
        this.#takeOver();
        return;
      }
      this.#preparation = undefined;
      // The room may be on another server since that was found out.
      const here = this.#parts.redis.lineOf(this.#meta);
      if (here.current !== line) {
        this.#prepare(here.find(), { takesOver: false });
        return;
      }
      this.#sendAll(line);
    }
    if (this.#unanswered === 0 && this.#waiting.length === 0) this.#onIdle();
  }

  /** Something that came later was carried out, or may have been. */
  #giveUpRefused(): void {
    for (const batch of this.#refused.splice(0)) batch.reject(this.#numberedElsewhere());
  }

  #numberedElsewhere(): OutcryError {
    const address = this.#parts.redis.addressOf(this.#meta);
    return new OutcryError('unavailable', `Redis at ${address}: another server numbers the room`);
  }
}
