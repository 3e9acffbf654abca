import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { Heartbeat } from './heartbeat.ts';

const INTERVAL_MS = 1000;

describe('Heartbeat', () => {
  let beats: { resolve: () => void; reject: () => void }[];
  let onMissed: ReturnType<typeof vi.fn<() => void>>;
  let heartbeat: Heartbeat;

  beforeEach(() => {
    vi.useFakeTimers();
    beats = [];
    onMissed = vi.fn<() => void>();
    const beat = (): Promise<void> =>
      new Promise((resolve, reject) => {
        beats.push({
          resolve,
          reject: () => {
            reject(new Error('no answer'));
          },
        });
      });
    heartbeat = new Heartbeat({ intervalMs: INTERVAL_MS, beat, onMissed });
  });
  afterEach(() => {
    heartbeat.stop();
    vi.useRealTimers();
  });

  it('beats at its interval from the start, and goes on while it is answered', async () => {
    heartbeat.start();
    expect(beats).toHaveLength(0);
    for (let i = 1; i <= 5; i += 1) {
      await vi.advanceTimersByTimeAsync(INTERVAL_MS);
      expect(beats).toHaveLength(i);
      beats.at(-1)?.resolve();
    }
    expect(onMissed).not.toHaveBeenCalled();
  });

  it('tells of the first beat that is missed, once, and stops', async () => {
    heartbeat.start();
    await vi.advanceTimersByTimeAsync(2 * INTERVAL_MS);
    for (const { reject } of beats) reject();
    await vi.advanceTimersByTimeAsync(5 * INTERVAL_MS);
    expect(onMissed).toHaveBeenCalledTimes(1);
    expect(beats).toHaveLength(2);
  });

  it('says nothing of a beat that was missed by what it has been stopped for', async () => {
    heartbeat.start();
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    heartbeat.stop();
    beats[0]?.reject();
    await vi.advanceTimersByTimeAsync(5 * INTERVAL_MS);
    expect(onMissed).not.toHaveBeenCalled();
    expect(beats).toHaveLength(1);
  });

  it('says nothing of a beat from before it was started anew: that connection is gone, and this one is fresh', async () => {
    heartbeat.start();
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    heartbeat.start();
    beats[0]?.reject();
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(onMissed).not.toHaveBeenCalled();
    expect(beats).toHaveLength(2);
  });

  it('asks for nothing before its interval is over since a sign of life that came by itself', async () => {
    let signAt = -Infinity;
    const beat = vi.fn(() => Promise.resolve());
    heartbeat = new Heartbeat({ intervalMs: INTERVAL_MS, beat, onMissed, lastSign: () => signAt });
    heartbeat.start();
    await vi.advanceTimersByTimeAsync(0.4 * INTERVAL_MS);
    signAt = performance.now();
    await vi.advanceTimersByTimeAsync(INTERVAL_MS - 1);
    expect(beat).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(beat).toHaveBeenCalledTimes(1);
    await vi.advanceTimersByTimeAsync(INTERVAL_MS);
    expect(beat).toHaveBeenCalledTimes(2);
  });

  it('has one rhythm, however often it is started', async () => {
    heartbeat.start();
    heartbeat.start();
    await vi.advanceTimersByTimeAsync(3 * INTERVAL_MS);
    expect(beats).toHaveLength(3);
  });
});
