import { OutcryError } from '../outcry-error.ts';
import type { BackplaneEvents } from '../redis/events.ts';
import { KeyedQueue } from '../redis/pacing/keyed-queue.ts';
import type { KeySpace } from '../redis/keys.ts';
import type { Router } from '../redis/router.ts';
import type { Script } from '../redis/scripts/script-call.ts';
import type { FeedBus, FeedDelta, FeedHandler, FeedInstrument, FeedPulse, FeedSnapshot, StoredBook } from './bus.ts';
import { BOOK_TTL_MS, MAX_STORED_DELTAS } from './defaults.ts';
import { fencedOff, snapshotMissing, tooManyDeltas } from './faults.ts';
import { type BusFrame, decodeFeedFrame, encodeDeltaFrame, encodePulseFrame, encodeSnapshotFrame } from './frame.ts';
import { decodeInstrument, encodeInstrument } from './instrument-record.ts';
import { bookNames, instrumentsKey } from './keys.ts';
import { PUBLISH_DELTA, PUBLISH_PULSE, PUBLISH_SNAPSHOT, READ_BOOK } from './scripts/book.lua.ts';
import { ANNOUNCE, ANNOUNCE_UNKNOWN } from './scripts/instruments.lua.ts';

/** What the scripts that publish reply. */
const DELTA_NO_SNAPSHOT = 1;
const DELTA_TOO_MANY = 2;
const FENCED = 3;

export interface RedisFeedBusParts {
  readonly redis: Router;
  readonly keys: KeySpace;
  readonly events: BackplaneEvents;
}

/** Base feeds over Redis. A book that nobody publishes any more is gone after a day. */
export class RedisFeedBus implements FeedBus {
  readonly #parts: RedisFeedBusParts;
  readonly #turns = new KeyedQueue();

  constructor(parts: RedisFeedBusParts) {
    this.#parts = parts;
  }

  async announce(instruments: readonly FeedInstrument[]): Promise<void> {
    if (instruments.length === 0) return;
    await this.#announce(ANNOUNCE, instruments);
  }

  async announceUnknown(instruments: readonly FeedInstrument[]): Promise<void> {
    if (instruments.length === 0) return;
    await this.#announce(ANNOUNCE_UNKNOWN, instruments);
  }

  async listInstruments(): Promise<readonly FeedInstrument[]> {
    const { redis, keys } = this.#parts;
    const key = instrumentsKey(keys);
    const records = await redis.run(key, (connection) => connection.hgetall(key));
    return Object.entries(records)
      .map(([symbol, record]) => decodeInstrument(symbol, record))
      .filter((instrument) => instrument !== undefined);
  }

  async publishSnapshot(frame: FeedSnapshot, fence: number): Promise<void> {
    const { snapshot, deltas, channel, fence: fenceKey } = bookNames(this.#parts.keys, frame.symbol);
    const args = [channel, encodeSnapshotFrame(frame), BOOK_TTL_MS, fence];
    const reply = await this.#parts.redis.runScript(PUBLISH_SNAPSHOT, [snapshot, deltas, fenceKey], args);
    if (reply === FENCED) throw fencedOff(frame.symbol, fence);
  }

  async publishDelta(delta: FeedDelta, fence: number): Promise<void> {
    const { snapshot, deltas, channel, fence: fenceKey } = bookNames(this.#parts.keys, delta.symbol);
    const args = [channel, encodeDeltaFrame(delta), BOOK_TTL_MS, fence, MAX_STORED_DELTAS];
    const reply = await this.#parts.redis.runScript(PUBLISH_DELTA, [snapshot, deltas, fenceKey], args);
    if (reply === DELTA_NO_SNAPSHOT) throw snapshotMissing(delta.symbol);
    if (reply === DELTA_TOO_MANY) throw tooManyDeltas(delta.symbol, MAX_STORED_DELTAS);
    if (reply === FENCED) throw fencedOff(delta.symbol, fence);
  }

  async publishPulse(pulse: FeedPulse, fence: number): Promise<void> {
    const { channel, fence: fenceKey } = bookNames(this.#parts.keys, pulse.symbol);
    const args = [channel, encodePulseFrame(pulse), fence];
    const reply = await this.#parts.redis.runScript(PUBLISH_PULSE, [fenceKey], args);
    if (reply === FENCED) throw fencedOff(pulse.symbol, fence);
  }

  watch(symbol: string, handler: FeedHandler): Promise<void> {
    const { channel } = bookNames(this.#parts.keys, symbol);
    return this.#turns.run(symbol, () =>
      this.#parts.redis.listen(channel, (payload) => {
        const frame = decodeFeedFrame(payload);
        if (frame === undefined) this.#parts.events.onUnreadable?.(channel);
        else deliver(frame, handler);
      }),
    );
  }

  unwatch(symbol: string): Promise<void> {
    return this.#turns.run(symbol, async () => {
      this.#parts.redis.assertOpen();
      await this.#parts.redis.unlisten(bookNames(this.#parts.keys, symbol).channel);
    });
  }

  async readBook(symbol: string): Promise<StoredBook | undefined> {
    const { snapshot, deltas } = bookNames(this.#parts.keys, symbol);
    const reply = (await this.#parts.redis.runScript(READ_BOOK, [snapshot, deltas], [])) as Buffer[];
    const [first, ...rest] = reply.map(decodeFeedFrame);
    if (reply.length === 0) return undefined;
    const followers = rest.map((frame) => (frame?.kind === 'delta' ? frame.delta : undefined));
    if (first?.kind !== 'snapshot' || !followers.every((delta) => delta !== undefined)) {
      throw new OutcryError('badFeed', `what is stored for ${symbol} is no book of this version`);
    }
    return { snapshot: first.snapshot, deltas: followers };
  }

  async #announce(script: Script, instruments: readonly FeedInstrument[]): Promise<void> {
    const { redis, keys } = this.#parts;
    const records = instruments.flatMap((instrument) => [instrument.symbol, encodeInstrument(instrument)]);
    await redis.runScript(script, [instrumentsKey(keys)], records);
  }
}

function deliver(frame: BusFrame, handler: FeedHandler): void {
  switch (frame.kind) {
    case 'snapshot':
      handler.handleSnapshot(frame.snapshot);
      return;
    case 'delta':
      handler.handleDelta(frame.delta);
      return;
    case 'pulse':
      handler.handlePulse(frame.pulse);
  }
}
