import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { WriteWatch } from '../write-watch.ts';
import { Compression } from './compression.ts';
import { UwsClientSocket } from './uws-client-socket.ts';

/** What uWS answers where it has written, where it waits, and where it has dropped. */
const [WAITS, WRITTEN, DROPPED] = [0, 1, 2];

describe('UwsClientSocket', () => {
  let writes: WriteWatch;
  let status: number;
  beforeEach(() => {
    vi.useFakeTimers();
    writes = new WriteWatch(25_000);
    status = WRITTEN;
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  /** As a transport is that writes nothing and says that nothing waits (uWebSockets.js, issue 1260). */
  function open(): UwsClientSocket {
    const ws = { send: () => status, ping: () => status, getBufferedAmount: () => 0 };
    const opened = ws as unknown as ConstructorParameters<typeof UwsClientSocket>[0];
    return new UwsClientSocket(opened, writes, new Compression(false));
  }

  it.each([
    ['frames wait', WAITS, 'queued'],
    ['frames are dropped', DROPPED, 'dropped'],
  ] as const)('shows a transport that writes nothing: %s on every socket, old and new', (_, broken, outcome) => {
    const old = [open(), open()];
    for (const socket of old) expect(socket.send('{}')).toBe('sent');
    status = broken;
    for (const socket of old) expect(socket.send('{}')).toBe(outcome);
    expect(open().send('{}')).toBe(outcome);
    vi.advanceTimersByTime(60_000);
    expect(writes.fault).toBeDefined();
    status = WRITTEN;
    expect(old[0]?.send('{}')).toBe('sent');
    expect(writes.fault).toBeUndefined();
  });

  it('shows it by pings alone', () => {
    status = WAITS;
    const sockets = [open(), open(), open()];
    for (const socket of sockets) socket.ping();
    vi.advanceTimersByTime(60_000);
    expect(writes.fault).toBeDefined();
    status = WRITTEN;
    sockets[0]?.ping();
    expect(writes.fault).toBeUndefined();
  });

  it('takes what a client has read for written, and one that has gone for none', () => {
    status = WAITS;
    const sockets = [open(), open(), open()];
    for (const socket of sockets) socket.send('{}');
    vi.advanceTimersByTime(60_000);
    sockets[0]?.detach();
    expect(writes.fault).toBeUndefined();
    open().send('{}');
    expect(writes.fault).toBeDefined();
    sockets[1]?.drained();
    expect(writes.fault).toBeUndefined();
  });
});
