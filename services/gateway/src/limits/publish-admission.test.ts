import { beforeEach, describe, expect, it, vi } from 'vitest';

import { PublishAdmission } from './publish-admission.ts';

interface Load {
  /** What is offered, and what the broker can do, in each millisecond. */
  readonly offered: number;
  readonly capacity: number;
  readonly ms: number;
}

/** A gateway by the millisecond: what is let in waits in a line for its turn. */
class SimulatedGateway {
  #ms = 0;
  readonly admission = new PublishAdmission(() => this.#ms);
  readonly #line: number[] = [];
  #due = 0;

  run({ offered, capacity, ms }: Load) {
    const outcome = { answered: 0, refused: 0, longestWaitMs: 0 };
    for (const end = this.#ms + ms; this.#ms < end; this.#ms += 1) {
      for (let i = 0; i < offered; i += 1) {
        if (this.admission.isFull) {
          outcome.refused += 1;
        } else {
          this.admission.enter();
          this.#line.push(this.#ms);
        }
      }
      this.#due = Math.min(this.#due + capacity, this.#line.length);
      for (; this.#due >= 1; this.#due -= 1) {
        const since = this.#line.shift() ?? this.#ms;
        this.admission.leave(true);
        outcome.answered += 1;
        outcome.longestWaitMs = Math.max(outcome.longestWaitMs, this.#ms - since);
      }
    }
    return outcome;
  }
}

function fill(admission: PublishAdmission): void {
  while (!admission.isFull) admission.enter();
}

describe('the admission of publishes', () => {
  it('refuses nobody while all are answered in time', () => {
    const gateway = new SimulatedGateway();
    expect(gateway.run({ offered: 9, capacity: 10, ms: 10_000 })).toMatchObject({ refused: 0, answered: 90_000 });
  });

  it('refuses at twice the load what is too much, keeps doing what it can, and keeps its time', () => {
    const gateway = new SimulatedGateway();
    gateway.run({ offered: 20, capacity: 10, ms: 4000 });
    const { answered, refused, longestWaitMs } = gateway.run({ offered: 20, capacity: 10, ms: 10_000 });
    expect(answered).toBe(100_000);
    expect(refused).toBe(100_000);
    expect(longestWaitMs).toBeLessThanOrEqual(100);
  });

  it('lets in more where more is done than the smallest gateway can, and less where less is', () => {
    const large = new SimulatedGateway();
    large.run({ offered: 60, capacity: 50, ms: 4000 });
    expect(large.admission.maxInFlight).toBeGreaterThanOrEqual(5000);
    const slow = new SimulatedGateway();
    slow.run({ offered: 3, capacity: 2, ms: 10_000 });
    expect(slow.admission.maxInFlight).toBe(200);
    const { answered, longestWaitMs } = slow.run({ offered: 4, capacity: 2, ms: 5000 });
    expect(answered).toBe(10_000);
    expect(longestWaitMs).toBeLessThanOrEqual(101);
  });

  it('goes by the best of the last two seconds, and by nothing before', () => {
    const gateway = new SimulatedGateway();
    expect(gateway.admission.maxInFlight).toBe(1000);
    gateway.run({ offered: 60, capacity: 50, ms: 4000 });
    gateway.run({ offered: 60, capacity: 20, ms: 1500 });
    expect(gateway.admission.maxInFlight).toBeGreaterThanOrEqual(4900);
    gateway.run({ offered: 60, capacity: 20, ms: 1000 });
    expect(gateway.admission.maxInFlight).toBeLessThanOrEqual(2100);
  });

  it('never lets in more and more by answers that come late and all at once', () => {
    let now = 0;
    const admission = new PublishAdmission(() => now);
    for (let i = 0; i < 100; i += 1) {
      fill(admission);
      now += 400;
      for (let left = admission.inFlight; left > 0; left -= 1) admission.leave(true);
      expect(admission.maxInFlight).toBeLessThanOrEqual(1000);
    }
  });

  it('lets in a few while nothing is answered, and as many as ever soon after', () => {
    const gateway = new SimulatedGateway();
    gateway.run({ offered: 5, capacity: 10, ms: 3000 });
    const silent = gateway.run({ offered: 5, capacity: 0, ms: 5000 });
    expect(silent).toMatchObject({ answered: 0, refused: 24_000 });
    gateway.run({ offered: 5, capacity: 10, ms: 3000 });
    expect(gateway.run({ offered: 5, capacity: 10, ms: 3000 })).toMatchObject({ refused: 0, answered: 15_000 });
  });

  it('lets others go on where a part is silent, bounds what waits for that, and counts it again once it is answered', () => {
    let now = 0;
    const admission = new PublishAdmission(() => now);
    const refused = { silent: 0, others: 0 };
    let waiting = 0;
    /** For 1.5 s, as long as a command may take, nothing of part 1 is answered; of part 2 everything within the millisecond. */
    for (; now < 30_000; now += 1) {
      if (admission.isFull) refused.others += 1;
      else {
        admission.enter(2);
        admission.leave(true, 2);
      }
      if (admission.isFullOf(1)) refused.silent += 1;
      else {
        admission.enter(1);
        waiting += 1;
      }
      if (now % 1500 === 1499) for (; waiting > 1; waiting -= 1) admission.leave(false, 1);
    }
    expect(refused.others).toBe(0);
    expect(refused.silent).toBeGreaterThan(20_000);
    expect(admission.inFlight).toBeLessThanOrEqual(64);
    admission.leave(true, 1);
    for (let i = 0; i < 100; i += 1) admission.enter(1);
    expect(admission.isFullOf(1)).toBe(false);
  });

  describe('where a part has not been heard of for a window', () => {
    const WINDOW_MS = 250;
    let now: number;
    let admission: PublishAdmission;
    beforeEach(() => {
      now = 0;
      admission = new PublishAdmission(() => now);
    });

    /** Ends with an answer of another part. */
    function passWindow(): void {
      admission.enter(2);
      now += WINDOW_MS;
      admission.leave(true, 2);
    }

    function enter(count: number, part: number): void {
      for (let i = 0; i < count; i += 1) admission.enter(part);
    }

    /** How many more of the others are let in, all of which stay. */
    function roomForOthers(): number {
      let count = 0;
      for (; !admission.isFull; count += 1) admission.enter(2);
      return count;
    }

    it('lets in 64 for it, of whom none is in the way of others, whenever they came', () => {
      enter(30, 1);
      passWindow();
      expect(admission.isFullOf(1)).toBe(false);
      passWindow();
      enter(33, 1);
      expect(admission.isFullOf(1)).toBe(false);
      enter(1, 1);
      expect([admission.isFullOf(1), admission.isFullOf(2)]).toEqual([true, false]);
      admission.leave(false, 1);
      expect(admission.isFullOf(1)).toBe(false);
      expect(roomForOthers()).toBe(admission.maxInFlight);
      expect(admission.inFlight).toBe(63 + admission.maxInFlight);
    });

    it('has all of it count with the others again as soon as one of it is answered', () => {
      enter(101, 1);
      passWindow();
      passWindow();
      expect(admission.isFullOf(1)).toBe(true);
      admission.leave(true, 1);
      expect(admission.isFullOf(1)).toBe(false);
      expect(roomForOthers()).toBe(admission.maxInFlight - 100);
    });

    it('holds nothing against what came within that window, also of a part that is known', () => {
      admission.enter(1);
      admission.leave(true, 1);
      passWindow();
      for (const part of [1, 3]) enter(64, part);
      passWindow();
      expect([1, 3].map((part) => admission.isFullOf(part))).toEqual([false, false]);
      passWindow();
      expect([1, 3].map((part) => admission.isFullOf(part))).toEqual([true, true]);
    });

    it('holds nothing against one of which nothing is open any more', () => {
      admission.enter(1);
      passWindow();
      admission.leave(false, 1);
      passWindow();
      enter(64, 1);
      expect(admission.isFullOf(1)).toBe(false);
    });

    it('holds nothing against what comes behind a window in which nothing of it was open', () => {
      admission.enter(1);
      passWindow();
      admission.leave(false, 1);
      passWindow();
      enter(64, 1);
      passWindow();
      expect(admission.isFullOf(1)).toBe(false);
    });

    it('tries it again once all that waited for it has failed', () => {
      enter(10, 1);
      for (let i = 0; i < 2; i += 1) passWindow();
      for (let i = 0; i < 10; i += 1) admission.leave(false, 1);
      passWindow();
      enter(64, 1);
      expect(admission.isFullOf(1)).toBe(false);
    });

    it('has it apart for as long as it takes, and another one after an answer of this one, too', () => {
      enter(10, 1);
      enter(20, 3);
      for (let i = 0; i < 5; i += 1) passWindow();
      admission.leave(true, 1);
      expect(roomForOthers()).toBe(admission.maxInFlight - 9);
    });

    it.each([0, 10])(
      'takes no window for a busy one in which there was a moment with nothing but %i for it',
      (open) => {
        enter(open, 1);
        for (let i = 0; i < 2; i += 1) passWindow();
        const { maxInFlight } = admission;
        admission.enter(2);
        for (let i = 0; i < 20; i += 1) {
          admission.leave(true, 2);
          enter(2, 2);
          now += WINDOW_MS;
          admission.leave(true, 2);
        }
        expect(admission.maxInFlight).toBe(maxInFlight);
      },
    );

    it.each([0, 10])('takes no window for a busy one that begins with nothing but %i for it', (open) => {
      enter(open, 1);
      for (let i = 0; i < 2; i += 1) passWindow();
      const { maxInFlight } = admission;
      enter(2, 2);
      const passBusyWindow = (): void => {
        now += WINDOW_MS;
        admission.leave(true, 2);
        admission.enter(2);
      };
      // It is the first of eight that are looked back on.
      for (let i = 0; i < 8; i += 1) passBusyWindow();
      expect(admission.maxInFlight).toBe(maxInFlight);
      passBusyWindow();
      expect(admission.maxInFlight).toBe(64);
    });
  });

  it('has nobody stand apart while nothing at all is answered', () => {
    let now = 0;
    const admission = new PublishAdmission(() => now);
    for (let i = 0; i < 20; i += 1) {
      now += 250;
      for (const part of [1, 2]) {
        while (!admission.isFull) admission.enter(part);
        admission.leave(false, part);
      }
      expect([1, 2].map((part) => admission.isFullOf(part))).toEqual([false, false]);
    }
    expect(admission.inFlight).toBeLessThanOrEqual(1000);
    expect(admission.maxInFlight).toBe(64);
  });

  it('learns nothing of what can be done from what was not', () => {
    let now = 0;
    const admission = new PublishAdmission(() => now);
    fill(admission);
    for (let i = 0; i < 20; i += 1) {
      now += 250;
      while (admission.inFlight > 1) admission.leave(false);
      fill(admission);
    }
    expect(admission.maxInFlight).toBe(64);
  });

  it('goes by the clock of its process, where none is given', () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    try {
      const admission = new PublishAdmission();
      const { maxInFlight } = admission;
      fill(admission);
      vi.advanceTimersByTime(10_000);
      while (admission.inFlight > 1) admission.leave(true);
      fill(admission);
      for (let i = 0; i < 10; i += 1) {
        vi.advanceTimersByTime(10_000);
        admission.leave(true);
        fill(admission);
      }
      expect(admission.maxInFlight).toBeLessThan(maxInFlight);
    } finally {
      vi.useRealTimers();
    }
  });
});
