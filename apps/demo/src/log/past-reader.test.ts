import { OutcryError, type Position } from '@outcry/client';
import { describe, expect, it, vi } from 'vitest';

import type { MessageEntry } from './entry.ts';
import { type PastPage, PastReader } from './past-reader.ts';
import { MAX_ENTRIES } from './stretch.ts';
import { Timeline } from './timeline.ts';

type Range = Parameters<ConstructorParameters<typeof PastReader>[0]['read']>[0];

/** A room that keeps so many messages, and what a page shows of it. */
class ShownRoom {
  readonly timeline = new Timeline();
  readonly reader: PastReader;
  readonly asked: Range[] = [];
  epoch = 'e';
  head = 0;
  kept = Infinity;
  failure: OutcryError | undefined;
  /** Of several conversations in one inbox, whose the message is. */
  isOwn: (seq: number) => boolean = () => true;

  constructor() {
    this.reader = new PastReader({
      timeline: this.timeline,
      read: (range) => this.#read(range),
      onChange: () => undefined,
    });
  }

  join(replayed: number): void {
    this.timeline.begin({ epoch: this.epoch, seq: this.head - replayed + 1 });
    for (let seq = this.head - replayed + 1; seq <= this.head; seq++) this.#show(seq);
  }

  publish(count: number): void {
    for (let i = 0; i < count; i++) {
      this.head += 1;
      this.#show(this.head);
    }
  }

  async older(): Promise<void> {
    this.reader.loadOlder();
    await this.#settled();
  }

  async newer(): Promise<void> {
    this.reader.loadNewer();
    await this.#settled();
  }

  get numbers(): readonly (number | 'gap')[] {
    return this.timeline.entries.map((entry) => (entry.kind === 'divider' ? 'gap' : (entry.position?.seq ?? NaN)));
  }

  async #settled(): Promise<void> {
    while (this.reader.loading !== undefined) await Promise.resolve();
  }

  #show(seq: number): void {
    if (this.isOwn(seq)) this.timeline.show(this.#entry(seq));
  }

  #entry(seq: number): MessageEntry {
    const id = `${this.epoch}:${String(seq)}`;
    return { kind: 'message', id, from: 'ann', text: '', at: 0, state: 'shown', position: this.#at(seq) };
  }

  #at(seq: number): Position {
    return { epoch: this.epoch, seq };
  }

  #read({ before, limit }: Range): Promise<PastPage> {
    this.asked.push({ before, limit });
    if (this.failure !== undefined) return Promise.reject(this.failure);
    const last = Math.min(before - 1, this.head);
    const first = Math.max(last - limit + 1, this.head - this.kept + 1, 1);
    const count = Math.max(0, last - first + 1);
    const seqs = Array.from({ length: count }, (_, i) => first + i);
    return Promise.resolve({
      epoch: this.epoch,
      from: count === 0 ? undefined : this.#at(first),
      to: count === 0 ? undefined : this.#at(last),
      entries: seqs.filter(this.isOwn).map((seq) => this.#entry(seq)),
    });
  }
}

describe('PastReader', () => {
  it('believes the answer, not the number: what is not kept is not promised', async () => {
    const room = new ShownRoom();
    room.head = 500;
    room.kept = 3;
    room.join(3);
    expect(room.timeline.hasOlder).toBe(true);
    await room.older();
    expect(room.timeline.hasOlder).toBe(false);
    await room.older();
    expect(room.asked).toHaveLength(1);
  });

  it('asks for nothing where the first message is there', async () => {
    const room = new ShownRoom();
    room.head = 20;
    room.join(20);
    await room.older();
    expect(room.asked).toEqual([]);
    expect(room.timeline.hasOlder).toBe(false);
  });

  it('goes up to the first message and down again to the end, through more than it holds', async () => {
    const room = new ShownRoom();
    room.head = 4_000;
    room.join(50);
    room.timeline.isHeld = true;
    while (room.timeline.hasOlder) await room.older();
    expect([room.numbers[0], room.numbers.at(-1)]).toEqual([1, MAX_ENTRIES]);
    room.publish(30);
    let steps = 0;
    while (room.timeline.isCut && steps++ < 100) await room.newer();
    expect([room.numbers[0], room.numbers.at(-1)]).toEqual([3_031, 4_030]);
    expect(room.numbers).not.toContain('gap');
    room.timeline.isHeld = false;
    room.publish(1);
    expect(room.numbers.at(-1)).toBe(4_031);
  });

  it('passes over pages without anything of the conversation, and stops unasked after a few', async () => {
    const room = new ShownRoom();
    room.isOwn = (seq) => seq > 990 || seq < 100;
    room.head = 1_000;
    room.join(100);
    let steps = 0;
    while (!room.reader.isWaiting && steps++ < 100) await room.older();
    expect(room.asked).toHaveLength(5);
    room.reader.wake();
    while (room.timeline.hasOlder) {
      room.reader.wake();
      await room.older();
    }
    expect(room.numbers.slice(0, 3)).toEqual([1, 2, 3]);
  });

  it('does not ask again and again for what cannot be had just now, until somebody asks', async () => {
    const room = new ShownRoom();
    room.head = 500;
    room.join(50);
    room.failure = new OutcryError('unavailable', 'not now', { isRetryable: true });
    for (let i = 0; i < 10; i++) await room.older();
    expect(room.asked).toHaveLength(1);
    expect(room.timeline.hasOlder).toBe(true);
    room.failure = undefined;
    room.reader.wake();
    await room.older();
    expect(room.numbers[0]).toBe(401);
  });

  it('waits for the last messages before it asks for those before them', async () => {
    vi.useFakeTimers();
    const room = new ShownRoom();
    room.head = 500;
    room.reader.settle();
    room.join(50);
    await room.older();
    expect(room.asked).toEqual([]);
    vi.advanceTimersByTime(1_000);
    await room.older();
    expect(room.asked).toHaveLength(1);
    vi.useRealTimers();
  });

  it('takes a refusal for the end of the past', async () => {
    const room = new ShownRoom();
    room.head = 500;
    room.join(50);
    room.failure = new OutcryError('forbidden', 'no past here');
    await room.older();
    expect([room.timeline.hasOlder, room.reader.isWaiting]).toEqual([false, false]);
  });

  it('does not mistake another epoch for its past', async () => {
    const room = new ShownRoom();
    room.head = 500;
    room.join(50);
    room.epoch = 'f';
    await room.older();
    expect(room.numbers[0]).toBe(451);
    expect(room.timeline.hasOlder).toBe(false);
  });

  it.each([1, 2, 3, 4, 5, 6, 7, 8])(
    'shows everything in order or marks what is missing, whatever is done (seed %i)',
    async (seed) => {
      const random = createRandom(seed);
      const room = new ShownRoom();
      room.head = 3_000;
      room.kept = 1_100;
      room.join(50);
      for (let step = 0; step < 400; step++) {
        const dice = random();
        if (dice < 0.35) await room.older();
        else if (dice < 0.65) await room.newer();
        else if (dice < 0.95) room.publish(Math.floor(random() ** 3 * 700));
        else room.timeline.returnToEnd();
        room.timeline.isHeld = random() < 0.8;
        expect(hiddenHoles(room.numbers)).toEqual([]);
        expect(room.timeline.entries.length).toBeLessThanOrEqual(MAX_ENTRIES);
      }
      room.timeline.returnToEnd();
      expect(room.numbers.at(-1)).toBe(room.head);
    },
  );
});

/** Where a number does not follow on the one before it, though nothing marks it. */
function hiddenHoles(numbers: readonly (number | 'gap')[]): readonly string[] {
  const pairs = numbers.slice(1).map((number, i) => [numbers[i], number] as const);
  const holes = pairs.filter(([a, b]) => typeof a === 'number' && typeof b === 'number' && b !== a + 1);
  const seqs = numbers.filter((number) => number !== 'gap');
  const backwards = seqs.slice(1).filter((seq, i) => seq <= (seqs[i] ?? 0));
  return [...holes.map((pair) => pair.join(' then ')), ...backwards.map((seq) => `back to ${String(seq)}`)];
}

/** A linear congruential generator, from 0 up to 1. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
