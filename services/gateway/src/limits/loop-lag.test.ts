import { type DelayMonitor, LoopLag } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Doorkeeper } from '../reception/doorkeeper.ts';
import { createTestGateway } from '../testing/create-services.ts';

const WINDOW_MS = 1000;
const VISITOR = { origins: [], hasCookies: false, address: '192.0.2.1' };

/** Samples that the test makes: each is the time between two looks. */
class ScriptedMonitor implements DelayMonitor {
  #samples: readonly number[] = [];
  enable = vi.fn(() => true);
  disable = vi.fn(() => true);

  get count(): number {
    return this.#samples.length;
  }

  get mean(): number {
    return (this.#samples.reduce((sum, ms) => sum + ms, 0) / this.#samples.length) * 1e6;
  }

  reset(): void {
    this.#samples = [];
  }

  /** One window with these samples. */
  pass(...samplesMs: number[]): void {
    this.#samples = [...this.#samples, ...samplesMs];
    vi.advanceTimersByTime(WINDOW_MS);
  }
}

describe('LoopLag', () => {
  let monitor: ScriptedMonitor;
  let lag: LoopLag;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    monitor = new ScriptedMonitor();
    lag = new LoopLag(20, monitor);
  });
  afterEach(() => {
    lag.stop();
    vi.useRealTimers();
  });

  it('is what exceeds the time between two looks, in each of the last two seconds', () => {
    monitor.pass(620, 820);
    monitor.pass(720);
    expect(lag.meanMs).toBe(700);
    monitor.pass(20, 20, 20);
    expect(lag.meanMs).toBe(0);
  });

  it('is nothing for one stall, nor for a window without a look', () => {
    monitor.pass(5000);
    expect(lag.meanMs).toBe(0);
    monitor.pass();
    expect(lag.meanMs).toBe(0);
    monitor.pass(5000);
    expect(lag.meanMs).toBe(0);
  });

  it('ends with its monitor', () => {
    expect(monitor.enable).toHaveBeenCalledOnce();
    lag.stop();
    expect(monitor.disable).toHaveBeenCalledOnce();
    expect(vi.getTimerCount()).toBe(0);
  });

  it('turns visitors away while it is past the limit, with 503 and when to come again', async () => {
    const gateway = await createTestGateway({ limits: { maxLoopLagMs: 500 } });
    const doorkeeper = new Doorkeeper({ ...gateway.services, loopLag: lag, pace: { arrive: () => 0 } });
    const refusal = (): unknown => doorkeeper.refusal(VISITOR, undefined);
    monitor.pass(620);
    expect(refusal()).toBeUndefined();
    monitor.pass(620);
    expect(refusal()).toEqual({
      status: 503,
      error: { code: 'unavailable', isRetryable: true },
      message: 'overloaded',
      retryAfterSeconds: expect.any(Number) as number,
    });
    monitor.pass(420);
    expect(refusal()).toBeUndefined();
    await gateway.stop();
  });
});
