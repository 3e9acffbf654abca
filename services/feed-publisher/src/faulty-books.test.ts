import { OutcryError } from '@outcry/broker';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { FeedTiming } from './feed/frame-sender.ts';
import type { BookSource, SourceEvent } from './sources/book-source.ts';
import { ScriptedPublisher } from './testing/scripted-publisher.ts';
import { deltaEvent, snapshotEvent } from './testing/scripted-source.ts';

let all: ScriptedPublisher;

beforeEach(() => {
  vi.useFakeTimers();
  all = new ScriptedPublisher();
});
afterEach(async () => {
  await all.stop();
  vi.restoreAllMocks();
  vi.useRealTimers();
});

async function start(timing: Partial<FeedTiming> = {}): Promise<void> {
  await all.start(timing);
  await settle();
  all.log.length = 0;
}

/** Lets everything run that needs no time. */
async function settle(): Promise<void> {
  await vi.advanceTimersByTimeAsync(0);
}

const BREAKS: Readonly<Record<string, () => void>> = {
  'a source that breaks': () => {
    all.source.fail('AAA', new OutcryError('badFeed', 'a gap at line 7'));
  },
  'a crossed book': () => {
    all.source.give('AAA', deltaEvent(3, [[110, 1]]));
  },
  'a sequence that goes back': () => {
    all.source.give('AAA', deltaEvent(0));
  },
};

describe('a publisher whose books are not all right', () => {
  describe('with a book that cannot be had', () => {
    const UNKNOWN: SourceEvent = { kind: 'interrupted', reason: 'the venue does not know NOPE' };

    it('names it and the reason, and publishes the others', async () => {
      all.source.miss('NOPE');
      all.source.give('NOPE', UNKNOWN);
      await start();
      expect(all.notReady()).toBe('feeds not live: NOPE missing (the venue does not know NOPE)');
      expect(all.bus.announced.map(({ symbol }) => symbol)).toEqual(['AAA', 'BBB']);
      expect(all.bus.shapeOf('AAA')).toEqual(['snapshot 1 1']);
      expect(all.bus.shapeOf('BBB')).toEqual(['snapshot 1 1']);
      expect(await all.metric('live', 'NOPE')).toBe(0);
      expect(await all.metric('interruptions_total', 'NOPE')).toBe(0);
    });

    it('says so in the log, as an error', async () => {
      all.source.miss('NOPE');
      await start();
      all.source.give('NOPE', UNKNOWN, UNKNOWN);
      await settle();
      expect(all.log).toMatchObject([
        { level: 50, msg: 'book missing', symbol: 'NOPE', reason: 'the venue does not know NOPE' },
      ]);
    });

    it('begins it when there is one, with the scales of its first snapshot', async () => {
      all.source.miss('NOPE');
      all.source.give('NOPE', UNKNOWN);
      await start();
      const scales = { priceScale: 1, sizeScale: 4 };
      all.source.give('NOPE', { ...snapshotEvent(7), scales }, deltaEvent(8));
      await settle();
      expect(all.bus.announced).toContainEqual({ symbol: 'NOPE', ...scales, sourceKind: 'simulated' });
      expect(all.bus.shapeOf('NOPE')).toEqual(['snapshot 1 1', 'delta 1 1>2']);
      expect(all.bus.frames.find(({ symbol }) => symbol === 'NOPE')).toMatchObject(scales);
      expect(all.notReady()).toBeUndefined();
      expect(all.log.map(({ msg, symbol }) => [msg, symbol])).toEqual([
        ['book found', 'NOPE'],
        ['feed led', 'NOPE'],
      ]);
    });

    it('fails it where its source cannot ever have it', async () => {
      all.source.miss('NOPE');
      all.source.fail('NOPE', new OutcryError('badFeed', 'nope.jsonl: there is no such file'));
      await start();
      expect(all.notReady()).toBe('feeds not live: NOPE failed (nope.jsonl: there is no such file)');
      expect(await all.metric('source_errors_total', 'NOPE')).toBe(1);
      expect(all.bus.shapeOf('AAA')).toEqual(['snapshot 1 1']);
    });

    it('fails it where the first snapshot does not tell its scales', async () => {
      all.source.miss('NOPE');
      all.source.give('NOPE', snapshotEvent(1));
      await start();
      expect(all.notReady()).toMatch(/^feeds not live: NOPE failed \(the source told no scales/);
    });
  });

  it.each([
    [{ symbol: 'BTC USDT', priceScale: 2, sizeScale: 3 }, 'the source offers "BTC USDT", which is no symbol: expected'],
    [{ symbol: 'A', priceScale: 16, sizeScale: 3 }, 'A: expected a priceScale from 0 to 15, not 16'],
    [{ symbol: 'A', priceScale: 2, sizeScale: NaN }, 'A: expected a sizeScale from 0 to 15, not NaN'],
    [{ symbol: 'AAA', priceScale: 2, sizeScale: 3 }, 'the source offers AAA twice'],
  ])('refuses a source that offers %o', (instrument, message) => {
    const { kind, mayRecover, instruments } = all.source;
    const odd: BookSource = {
      kind,
      mayRecover,
      instruments: [...instruments, instrument],
      events: (symbol, signal) => all.source.events(symbol, signal),
      close: () => Promise.resolve(),
    };
    const create = (): unknown => all.create({}, odd);
    expect(create).toThrow(message);
  });

  describe('when a feed cannot be right', () => {
    it.each(Object.entries(BREAKS))('ends it, and only it: %s', async (_, breakFeed) => {
      await start({ deltaMs: 100, snapshotMs: 1000 });
      all.source.give('AAA', deltaEvent(2, [[99, 1]]));
      await settle();
      const before = all.bus.shapeOf('AAA');
      breakFeed();
      all.source.give('AAA', deltaEvent(4, [[95, 1]]), snapshotEvent(5));
      await vi.advanceTimersByTimeAsync(3500);
      expect(all.bus.shapeOf('AAA')).toEqual(before);
      expect(all.bus.shapeOf('BBB')).toHaveLength(4);
      expect(all.log).toMatchObject([{ level: 50, msg: 'feed failed', symbol: 'AAA' }]);
      expect(all.log[0]?.err?.message).toMatch(/a gap at line 7|crossed|went back/);
      expect(all.notReady()).toBe(`feeds not live: AAA failed (${all.log[0]?.err?.message ?? ''})`);
      expect(await all.metric('source_errors_total', 'AAA')).toBe(1);
      expect(await all.metric('live', 'AAA')).toBe(0);
      expect(await all.metric('live', 'BBB')).toBe(1);
    });

    it('publishes nothing of it though its timer runs out while the source still closes', async () => {
      await start({ snapshotMs: 300 });
      let end = (): void => undefined;
      all.source.ending = new Promise((resolve) => {
        end = resolve;
      });
      all.source.give('AAA', deltaEvent(2, [[120, 1]]));
      await vi.advanceTimersByTimeAsync(1000);
      end();
      await settle();
      expect(all.bus.shapeOf('AAA')).toEqual(['snapshot 1 1']);
      expect(all.notReady()).toMatch(/^feeds not live: AAA failed \(the book is crossed at update 2: /);
    });

    it('ends a feed that the bus refuses for another reason than being away', async () => {
      await start();
      vi.spyOn(all.bus, 'publishDelta').mockRejectedValueOnce(new OutcryError('closed', 'the backplane is closed'));
      all.source.give('AAA', deltaEvent(2));
      await settle();
      expect(all.log).toMatchObject([
        { msg: 'feed failed', symbol: 'AAA', err: { message: 'the backplane is closed' } },
      ]);
    });
  });

  describe('when a feed cannot be right, of a source that may recover', () => {
    it.each(Object.entries(BREAKS))('goes on with the next book that is, in a new epoch: %s', async (_, breakFeed) => {
      all.source.mayRecover = true;
      await start({ deltaMs: 100, snapshotMs: 1000 });
      all.source.give('AAA', deltaEvent(2, [[99, 1]]));
      await settle();
      breakFeed();
      await settle();
      expect(all.notReady()).toBe(`feeds not live: AAA interrupted (${all.log[0]?.err?.message ?? ''})`);
      expect(all.log).toMatchObject([{ level: 50, msg: 'feed failed', symbol: 'AAA' }]);
      expect(await all.metric('live', 'AAA')).toBe(0);
      await vi.advanceTimersByTimeAsync(10_000);
      expect(all.bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'delta 1 1>2']);

      all.source.give('AAA', snapshotEvent(9), deltaEvent(10, [[98, 1]]));
      await vi.advanceTimersByTimeAsync(200);
      expect(all.bus.shapeOf('AAA').slice(2)).toEqual(['snapshot 2 1', 'delta 2 1>2']);
      expect(all.notReady()).toBeUndefined();
      expect(await all.metric('source_errors_total', 'AAA')).toBe(1);
      await vi.advanceTimersByTimeAsync(2000);
      expect(all.bus.shapeOf('AAA').length).toBeGreaterThan(4);
    });

    it('publishes nothing of the wrong book when it hands over meanwhile', async () => {
      all.source.mayRecover = true;
      await start({ deltaMs: 1000 });
      all.source.give('AAA', deltaEvent(2), deltaEvent(3, [[110, 1]]));
      // Until the source is read again, and gives nothing yet.
      await vi.advanceTimersByTimeAsync(5000);
      await all.stop();
      expect(all.bus.shapeOf('AAA')).toEqual(['snapshot 1 1', 'delta 1 1>2']);
    });

    it('tries again ever less often, and names what never had a book as missing', async () => {
      all.source.mayRecover = true;
      vi.spyOn(Math, 'random').mockReturnValue(0.999);
      all.source.miss('NOPE');
      await start();
      all.source.fail('NOPE', new OutcryError('badFeed', 'no number'));
      await settle();
      expect(all.notReady()).toBe('feeds not live: NOPE missing (no number)');
      for (let i = 0; i < 100; i++) all.source.fail('NOPE', new OutcryError('badFeed', 'no number'));
      await vi.advanceTimersByTimeAsync(600_000);
      expect(await all.metric('source_errors_total', 'NOPE')).toBeLessThan(20);
      expect(await all.metric('source_errors_total', 'NOPE')).toBeGreaterThan(10);
    });

    it('is over where the publisher cannot publish any more', async () => {
      all.source.mayRecover = true;
      await start();
      vi.spyOn(all.bus, 'publishDelta').mockRejectedValueOnce(new OutcryError('closed', 'the backplane is closed'));
      all.source.give('AAA', deltaEvent(2));
      await settle();
      expect(all.notReady()).toBe('feeds not live: AAA failed (the backplane is closed)');
    });
  });
});
