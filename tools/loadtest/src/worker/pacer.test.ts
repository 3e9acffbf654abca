import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Pacer } from './pacer.ts';

describe('Pacer', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('sends its share of what is due', () => {
    let sent = 0;
    const pacer = new Pacer({
      rate: { from: 1000, to: 1000 },
      durationMs: 1000,
      share: 0.5,
      send: () => sent++,
      lagged: () => undefined,
    });
    pacer.start();
    vi.advanceTimersByTime(500);
    expect(sent).toBe(250);
    pacer.stop();
    vi.advanceTimersByTime(500);
    expect(sent).toBe(250);
  });

  it('sends what is due when it is stopped, so that nothing is due that was neither sent nor counted as unsent', () => {
    let sent = 0;
    const pacer = new Pacer({
      rate: { from: 1000, to: 1000 },
      durationMs: 1000,
      share: 1,
      send: () => sent++,
      lagged: () => undefined,
    });
    pacer.start();
    // Between two turns.
    vi.advanceTimersByTime(999);
    expect(sent).toBe(998);
    pacer.stop();
    pacer.stop();
    expect(sent).toBe(999);
  });
});
