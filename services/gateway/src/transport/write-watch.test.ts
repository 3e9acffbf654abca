import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { WriteWatch } from './write-watch.ts';

describe('WriteWatch', () => {
  let watch: WriteWatch;
  beforeEach(() => {
    vi.useFakeTimers();
    watch = new WriteWatch(25_000);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  const sockets = Array.from({ length: 5 }, () => ({}));

  it('has nothing to say before anything was sent, nor for a while after nothing left', () => {
    vi.advanceTimersByTime(60_000);
    expect(watch.fault).toBeUndefined();
    for (const socket of sockets) watch.waits(socket);
    vi.advanceTimersByTime(59_999);
    expect(watch.fault).toBeUndefined();
    vi.advanceTimersByTime(1);
    expect(watch.fault).toBe('the transport has written nothing for 60 s, to any client');
    vi.advanceTimersByTime(5_500);
    expect(watch.fault).toBe('the transport has written nothing for 65 s, to any client');
  });

  it('takes one write for proof that it works, whatever waits elsewhere', () => {
    for (const socket of sockets) watch.waits(socket);
    vi.advanceTimersByTime(70_000);
    watch.wrote();
    expect(watch.fault).toBeUndefined();
    for (const socket of sockets) watch.waits(socket);
    vi.advanceTimersByTime(50_000);
    expect(watch.fault).toBeUndefined();
    watch.wrote();
    for (let i = 0; i < 60; i += 1) {
      for (const socket of sockets) watch.waits(socket);
      vi.advanceTimersByTime(50_000);
      watch.wrote();
      expect(watch.fault).toBeUndefined();
    }
  });

  it('does not take two clients that read nothing for one', () => {
    for (let i = 0; i < 100; i += 1) {
      for (const socket of sockets.slice(0, 2)) watch.waits(socket);
      vi.advanceTimersByTime(1000);
    }
    expect(watch.fault).toBeUndefined();
  });

  it('forgets those that have ended', () => {
    for (const socket of sockets.slice(0, 3)) watch.waits(socket);
    vi.advanceTimersByTime(70_000);
    expect(watch.fault).toBeDefined();
    for (const socket of sockets.slice(0, 3)) watch.ended(socket);
    expect(watch.fault).toBeUndefined();
    for (const socket of sockets.slice(0, 3)) watch.waits(socket);
    vi.advanceTimersByTime(55_000);
    expect(watch.fault).toBeUndefined();
  });
});
