import { createLogger } from '@outcry/service';
import { beforeEach, describe, expect, it } from 'vitest';

import { Readiness } from './readiness.ts';
import { Withdrawal } from './withdrawal.ts';

/** A drain that ends when it is told to. */
class FakeDrain {
  isCancelled = false;
  isRun = false;
  #notice: () => void = () => undefined;
  readonly #waited = new Promise<void>((resolve) => {
    this.#notice = resolve;
  });

  wait(): Promise<void> {
    return this.#waited;
  }

  run(): Promise<{ moved: number; late: number; closed: number; left: number; toldMs: number }> {
    this.isRun = true;
    return Promise.resolve({ moved: 1, late: 0, closed: 0, left: 0, toldMs: 0 });
  }

  cancel(): void {
    this.isCancelled = true;
  }

  /** Those who send clients here have noticed. */
  async noticed(): Promise<void> {
    this.#notice();
    await this.#waited;
  }
}

describe('Withdrawal', () => {
  let readiness: Readiness;
  let drains: FakeDrain[];
  let told: boolean[];
  let withdrawal: Withdrawal;
  beforeEach(() => {
    readiness = new Readiness();
    drains = [];
    told = [];
    withdrawal = new Withdrawal({
      connections: { size: 1 },
      readiness,
      createDrain: () => {
        const drain = new FakeDrain();
        drains.push(drain);
        return drain;
      },
      tell: () => told.push(readiness.isDraining),
      logger: createLogger({ level: 'silent', fields: {} }),
    });
  });

  it('says that nobody should be sent here, then lets nobody in and empties the gateway, once', async () => {
    withdrawal.withdraw();
    withdrawal.withdraw();
    expect(drains).toHaveLength(1);
    expect(told).toEqual([true]);
    expect(drains[0]?.isRun).toBe(false);
    expect(readiness.shutFor).not.toBe('draining');
    await drains[0]?.noticed();
    expect(readiness.shutFor).toBe('draining');
    expect(drains[0]?.isRun).toBe(true);
  });

  it('puts it back at any time, and can be had again', async () => {
    withdrawal.restore();
    expect(told).toEqual([]);
    withdrawal.withdraw();
    withdrawal.restore();
    expect(drains[0]?.isCancelled).toBe(true);
    expect(told).toEqual([true, false]);
    await drains[0]?.noticed();
    expect(drains[0]?.isRun).toBe(false);
    expect(readiness.shutFor).not.toBe('draining');
    withdrawal.withdraw();
    expect(drains).toHaveLength(2);
  });
});
