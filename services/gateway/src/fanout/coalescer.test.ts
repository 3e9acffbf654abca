import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Coalescer } from './coalescer.ts';

/** Fake timers let an immediate that is set by another one, or by a timer, wait for this long. */
const TURN_MS = 1;
const WRITING_MS = TURN_MS;
const WINDOW_MS = 5;
/** From when the burst has been written until the next one goes. */
const BETWEEN_BURSTS_MS = WINDOW_MS + TURN_MS;

/** What comes after this comes in another turn of the event loop. */
function endTurn(): void {
  vi.advanceTimersByTime(0);
}

function source(log: string[], name: string): { flush(): void } {
  return { flush: () => void log.push(name) };
}

describe('Coalescer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
    vi.advanceTimersByTime(1000);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('flushes the first at once and those that follow within the window together', () => {
    const log: string[] = [];
    const coalescer = new Coalescer({ windowMs: () => WINDOW_MS, maxBytes: 1000 });
    coalescer.hold(source(log, 'first'), 1);
    expect(log).toEqual(['first']);
    endTurn();
    const second = source(log, 'second');
    coalescer.hold(second, 1);
    coalescer.hold(second, 1);
    coalescer.hold(source(log, 'third'), 1);
    expect(log).toEqual(['first']);
    vi.advanceTimersByTime(WRITING_MS + BETWEEN_BURSTS_MS);
    expect(log).toEqual(['first', 'second', 'third']);
  });

  it('opens the window when the burst has been written', () => {
    const log: string[] = [];
    const coalescer = new Coalescer({ windowMs: () => WINDOW_MS, maxBytes: 1000 });
    coalescer.hold(source(log, 'burst'), 1);
    endTurn();
    coalescer.hold(source(log, 'held'), 1);
    vi.advanceTimersByTime(BETWEEN_BURSTS_MS);
    expect(log).toEqual(['burst']);
    vi.advanceTimersByTime(WRITING_MS);
    expect(log).toEqual(['burst', 'held']);
  });

  it('lets what comes in the same turn join a burst', () => {
    const log: string[] = [];
    const coalescer = new Coalescer({ windowMs: () => WINDOW_MS, maxBytes: 1000 });
    for (const name of ['a', 'b']) coalescer.hold(source(log, name), 1);
    expect(log).toEqual(['a', 'b']);
  });

  it('holds the intake from the first message within a window to its end', () => {
    const log: string[] = [];
    const intake = { hold: () => log.push('hold'), release: () => log.push('release') };
    const coalescer = new Coalescer({ windowMs: () => WINDOW_MS, maxBytes: 1000, intake });
    coalescer.hold(source(log, 'a'), 1);
    vi.advanceTimersByTime(WRITING_MS + 2);
    expect(log).toEqual(['a']);
    coalescer.hold(source(log, 'b'), 1);
    expect(log).toEqual(['a', 'hold']);
    vi.advanceTimersByTime(WINDOW_MS - 2);
    expect(log).toEqual(['a', 'hold', 'release']);
    vi.advanceTimersByTime(TURN_MS);
    expect(log).toEqual(['a', 'hold', 'release', 'b']);
  });

  it.each(['flush', 'close'] as const)('releases the intake where a %s ends a window', (end) => {
    const log: string[] = [];
    const intake = { hold: () => log.push('hold'), release: () => log.push('release') };
    const coalescer = new Coalescer({ windowMs: () => WINDOW_MS, maxBytes: 1000, intake });
    for (const name of ['a', 'b']) {
      coalescer.hold(source([], name), 1);
      vi.advanceTimersByTime(WRITING_MS);
    }
    coalescer[end]();
    expect(log).toEqual(['hold', 'release']);
  });

  it('lets what is read behind a window go together', () => {
    const log: string[] = [];
    const intake = {
      hold: () => undefined,
      release: () => {
        coalescer.hold(source(log, 'c'), 1);
      },
    };
    const coalescer = new Coalescer({ windowMs: () => WINDOW_MS, maxBytes: 1000, intake });
    coalescer.hold(source(log, 'a'), 1);
    endTurn();
    coalescer.hold(source(log, 'b'), 1);
    vi.advanceTimersByTime(WRITING_MS + WINDOW_MS);
    coalescer.hold(source(log, 'd'), 1);
    expect(log).toEqual(['a']);
    vi.advanceTimersByTime(TURN_MS);
    expect(log).toEqual(['a', 'b', 'c', 'd']);
  });

  it('lets nothing join the burst of a window, which is being written', () => {
    const log: string[] = [];
    const coalescer = new Coalescer({ windowMs: () => WINDOW_MS, maxBytes: 1000 });
    coalescer.hold(source(log, 'a'), 1);
    endTurn();
    coalescer.hold(source(log, 'b'), 1);
    vi.advanceTimersByTime(WRITING_MS + BETWEEN_BURSTS_MS);
    coalescer.hold(source(log, 'c'), 1);
    vi.advanceTimersByTime(WRITING_MS + WINDOW_MS);
    expect(log).toEqual(['a', 'b']);
    vi.advanceTimersByTime(TURN_MS);
    expect(log).toEqual(['a', 'b', 'c']);
  });

  it('waits for nothing where nothing comes within a window', () => {
    const coalescer = new Coalescer({ windowMs: () => WINDOW_MS, maxBytes: 1000 });
    coalescer.hold(source([], 'a'), 1);
    vi.advanceTimersByTime(WRITING_MS);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('has nothing left to wait for when it is closed', () => {
    const coalescer = new Coalescer({ windowMs: () => WINDOW_MS, maxBytes: 1000 });
    for (const name of ['a', 'b']) {
      coalescer.hold(source([], name), 1);
      vi.advanceTimersByTime(WRITING_MS);
    }
    coalescer.close();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is quick again after a quiet spell', () => {
    const log: string[] = [];
    const coalescer = new Coalescer({ windowMs: () => WINDOW_MS, maxBytes: 1000 });
    coalescer.hold(source(log, 'a'), 1);
    vi.advanceTimersByTime(WRITING_MS + BETWEEN_BURSTS_MS);
    coalescer.hold(source(log, 'b'), 1);
    expect(log).toEqual(['a', 'b']);
  });

  it('ends the window early when it holds many bytes', () => {
    const log: string[] = [];
    const coalescer = new Coalescer({ windowMs: () => WINDOW_MS, maxBytes: 1000 });
    coalescer.hold(source(log, 'a'), 1);
    endTurn();
    coalescer.hold(source(log, 'b'), 999);
    expect(log).toEqual(['a']);
    coalescer.hold(source(log, 'c'), 1);
    expect(log).toEqual(['a', 'b', 'c']);
  });

  it('follows a window that grows and shrinks, burst by burst', () => {
    const log: string[] = [];
    let windowMs = 0;
    const coalescer = new Coalescer({ windowMs: () => windowMs, maxBytes: 1000 });
    for (const name of ['a', 'b']) coalescer.hold(source(log, name), 1);
    windowMs = WINDOW_MS;
    coalescer.hold(source(log, 'c'), 1);
    endTurn();
    coalescer.hold(source(log, 'd'), 1);
    expect(log).toEqual(['a', 'b', 'c']);
    windowMs = 0;
    vi.advanceTimersByTime(WRITING_MS);
    expect(log).toEqual(['a', 'b', 'c', 'd']);
    coalescer.hold(source(log, 'e'), 1);
    expect(log).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(vi.getTimerCount()).toBe(0);
  });

  it('opens one window behind a burst that ends another early', () => {
    const log: string[] = [];
    const intake = { hold: () => log.push('hold'), release: () => log.push('release') };
    const coalescer = new Coalescer({ windowMs: () => WINDOW_MS, maxBytes: 1000, intake });
    coalescer.hold(source(log, 'a'), 1);
    vi.advanceTimersByTime(WRITING_MS + 2);
    coalescer.hold(source(log, 'b'), 1);
    vi.advanceTimersByTime(WINDOW_MS - 2);
    coalescer.hold(source(log, 'c'), 1000);
    expect(log).toEqual(['a', 'hold', 'release', 'b', 'c']);
    endTurn();
    coalescer.hold(source(log, 'd'), 1);
    vi.advanceTimersByTime(WRITING_MS + BETWEEN_BURSTS_MS + WRITING_MS);
    expect(log.slice(5)).toEqual(['hold', 'release', 'd']);
  });

  it('holds nothing back at a window of 0, whenever it comes', () => {
    const log: string[] = [];
    const coalescer = new Coalescer({ windowMs: () => 0, maxBytes: 1000 });
    for (const name of ['a', 'b', 'c']) {
      coalescer.hold(source(log, name), 1);
      coalescer.hold(source(log, name), 1);
      endTurn();
    }
    expect(log).toEqual(['a', 'a', 'b', 'b', 'c', 'c']);
  });
});
