import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Meters } from './meters.ts';

const RATES = {
  maxFramesPerSecond: 50,
  maxBytesPerSecond: 1000,
  maxControlFramesPerSecond: 10,
  maxJoinsPerSecond: 20,
  maxSignalsPerSecond: 5,
  maxAnswerBytesPerSecond: 3000,
  maxCallsPerSecond: 4,
  maxRooms: 100,
};

describe('Meters', () => {
  let meters: Meters;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    meters = new Meters(RATES);
  });
  afterEach(() => {
    meters.stop();
    vi.useRealTimers();
  });

  it('tells clients the rates and bursts that it holds them to', () => {
    expect(meters.told).toEqual({
      maxFramesPerSecond: 50,
      maxFrameBurst: 100,
      maxBytesPerSecond: 1000,
      maxByteBurst: 2000,
      maxJoinsPerSecond: 20,
      maxJoinBurst: 100,
      maxSignalsPerSecond: 5,
      maxSignalBurst: 10,
      maxControlFramesPerSecond: 10,
      maxControlFrameBurst: 20,
      maxAnswerBytesPerSecond: 3000,
      maxAnswerByteBurst: 48_000,
      maxCallsPerSecond: 4,
      maxCallBurst: 8,
    });
  });

  it('lets a client that is back join all of its rooms at once, or twice its rate where that is more', () => {
    const bursts = [41, 39].map((maxRooms) => {
      const others = new Meters({ ...RATES, maxRooms });
      others.stop();
      return others.told.maxJoinBurst;
    });
    expect(bursts).toEqual([41, 40]);
  });

  it('lets go of everybody who is idle, by itself, until it is stopped', () => {
    const { frames, bytes, controlFrames, joins, signals, answers, calls } = meters;
    const all = [frames, bytes, controlFrames, joins, signals, answers, calls];
    const sizes = (): number[] => all.map(({ size }) => size);
    for (const meter of all) meter.take({}, performance.now());
    expect(sizes()).toEqual(all.map(() => 1));
    vi.advanceTimersByTime(2000);
    expect(sizes()).toEqual(all.map(() => 0));
    meters.stop();
    expect(vi.getTimerCount()).toBe(0);
  });
});
