import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { StreamSocketHandler } from './stream-socket.ts';
import { VenueStream } from './venue-stream.ts';

const HOUR_MS = 60 * 60 * 1000;

/** A connection as the stream opened it. */
interface FakeSocket extends StreamSocketHandler {
  isClosed: boolean;
}

let sockets: FakeSocket[];
let heard: string[];
let stream: VenueStream;

beforeEach(() => {
  vi.useFakeTimers();
  sockets = [];
  heard = [];
  stream = new VenueStream({
    url: 'ws://venue/stream',
    openSocket: (_, handler) => {
      const socket = { ...handler, isClosed: false };
      sockets.push(socket);
      return {
        close: () => {
          socket.isClosed = true;
        },
      };
    },
    handler: {
      handleUp: () => heard.push('up'),
      handleFrame: (text, isOverlapping) => heard.push(isOverlapping ? `${text} overlapping` : text),
      handleDown: (reason) => heard.push(`down: ${reason}`),
    },
    logger: pino({ level: 'silent' }),
    random: () => 0.5,
  });
  stream.start();
});
afterEach(() => {
  stream.stop();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function socket(index: number): FakeSocket {
  const found = sockets[index];
  if (found === undefined) throw new Error(`connection ${String(index)} was not opened`);
  return found;
}

describe('VenueStream', () => {
  it('tells when frames come and when they may be missing', () => {
    socket(0).handleOpen();
    socket(0).handleText('a');
    socket(0).handleClose('cut');
    vi.advanceTimersByTime(250);
    socket(1).handleOpen();
    socket(1).handleText('b');
    expect(heard).toEqual(['up', 'a', 'down: cut', 'up', 'b']);
  });

  it('waits longer after each failure, up to half a minute', () => {
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt++) {
      const before = Date.now();
      socket(attempt).handleClose('refused');
      vi.advanceTimersToNextTimer();
      waits.push(Date.now() - before);
    }
    expect(waits).toEqual([250, 500, 1000, 2000, 4000, 8000, 15_000, 15_000, 15_000]);
  });

  it('waits longer after a connection that did not last, and is quick again after one that did', () => {
    for (let i = 0; i < 4; i++) {
      socket(i).handleOpen();
      socket(i).handleClose('cut');
      vi.advanceTimersByTime(250 * 2 ** i - 1);
      expect(sockets).toHaveLength(i + 1);
      vi.advanceTimersByTime(1);
      expect(sockets).toHaveLength(i + 2);
    }
    socket(4).handleOpen();
    vi.advanceTimersByTime(60_000);
    socket(4).handleClose('cut');
    vi.advanceTimersByTime(250);
    expect(sockets).toHaveLength(6);
  });

  it.each<[string, () => void]>([
    ['it gets old', () => vi.advanceTimersByTime(22.5 * HOUR_MS)],
    [
      'the venue announces its shutdown',
      () => {
        socket(0).handleText('{"e":"serverShutdown","E":1770123456789}');
      },
    ],
    [
      'the venue announces it in a frame of the combined stream',
      () => {
        socket(0).handleText('{"stream":"!x","data":{"e":"serverShutdown"}}');
      },
    ],
  ])('lets a new connection take over when %s, and both overlap', (_, begin) => {
    socket(0).handleOpen();
    begin();
    vi.advanceTimersByTime(250);
    socket(0).handleText('a');
    socket(1).handleOpen();
    socket(0).handleText('b');
    socket(1).handleText('b');
    vi.advanceTimersByTime(5000);
    expect(socket(0).isClosed).toBe(true);
    socket(1).handleText('c');
    expect(heard).toEqual(['up', 'a', 'b overlapping', 'b overlapping', 'c']);
  });

  it('is down where the old connection ends before the new one is open', () => {
    socket(0).handleOpen();
    socket(0).handleText('{"e":"serverShutdown"}');
    vi.advanceTimersByTime(250);
    socket(0).handleClose('shutdown');
    socket(1).handleOpen();
    expect(heard).toEqual(['up', 'down: shutdown', 'up']);
    expect(sockets).toHaveLength(2);
  });

  it('keeps the old connection where the new one is lost, and tries again', () => {
    socket(0).handleOpen();
    socket(0).handleText('{"e":"serverShutdown"}');
    vi.advanceTimersByTime(250);
    socket(1).handleOpen();
    socket(1).handleClose('cut');
    vi.advanceTimersByTime(10_000);
    expect(socket(0).isClosed).toBe(false);
    socket(2).handleOpen();
    vi.advanceTimersByTime(5000);
    expect(socket(0).isClosed).toBe(true);
    expect(heard).toEqual(['up']);
  });

  it('opens one more connection however often the shutdown is announced', () => {
    socket(0).handleOpen();
    for (let i = 0; i < 5; i++) socket(0).handleText('{"e":"serverShutdown"}');
    vi.advanceTimersByTime(250);
    for (let i = 0; i < 5; i++) socket(0).handleText('{"e":"serverShutdown"}');
    socket(1).handleOpen();
    socket(0).handleText('{"e":"serverShutdown"}');
    vi.advanceTimersByTime(60_000);
    expect(sockets).toHaveLength(2);
  });

  it('begins anew when it is told to', () => {
    socket(0).handleOpen();
    stream.restart('a frame could not be read');
    expect(socket(0).isClosed).toBe(true);
    vi.advanceTimersByTime(250);
    socket(1).handleOpen();
    expect(heard).toEqual(['up', 'down: a frame could not be read', 'up']);
  });

  it('opens nothing after it was stopped', () => {
    socket(0).handleOpen();
    socket(0).handleText('{"e":"serverShutdown"}');
    stream.stop();
    vi.advanceTimersByTime(48 * HOUR_MS);
    expect(socket(0).isClosed).toBe(true);
    expect(sockets).toHaveLength(1);
  });
});
