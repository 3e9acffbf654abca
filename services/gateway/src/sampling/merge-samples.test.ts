import { describe, expect, it } from 'vitest';

import { mergeSamples } from './merge-samples.ts';
import { MAX_NAMED, type Sample } from './sample.ts';

const STREAM = { messages: 0, bytes: 0, loopMs: 0 };
const CONNECTION = { requests: 0, loopMs: 0, bytesIn: 0, bytesOut: 0, unreadBytes: 0, heldBack: 0 };
const EMPTY: Sample = {
  ...{ windowMs: 2000, busy: 0.5, rooms: [], books: [], connections: [], commands: [] },
  missed: { rooms: STREAM, books: STREAM, connections: CONNECTION },
};

describe('what gateways have sampled', () => {
  it('is added up by room, by book and by command; connections are named with their gateway', () => {
    const a: Sample = {
      ...EMPTY,
      rooms: [
        { room: 'pit', messages: 5, bytes: 100, loopMs: 2 },
        { room: 'a', messages: 1, bytes: 1, loopMs: 1 },
      ],
      books: [{ book: 'X/25/250', ...STREAM, messages: 4 }],
      connections: [{ connection: 'c1', user: 'ann', ...CONNECTION, requests: 3, loopMs: 1 }],
      commands: [{ command: 'ping', requests: 1, loopMs: 1 }],
      missed: { ...EMPTY.missed, rooms: { ...STREAM, bytes: 3 }, connections: { ...CONNECTION, requests: 2 } },
    };
    const b: Sample = {
      ...a,
      rooms: [
        { room: 'b', messages: 1, bytes: 1, loopMs: 3 },
        { room: 'pit', messages: 7, bytes: 50, loopMs: 2 },
      ],
      connections: [{ connection: 'c2', ...CONNECTION, unreadBytes: 9, loopMs: 4 }],
      commands: [{ command: 'publish', requests: 1, loopMs: 5 }],
    };
    expect(
      mergeSamples([
        { node: 'a', sample: a },
        { node: 'b', sample: b },
      ]),
    ).toEqual({
      rooms: [
        { room: 'pit', messages: 12, bytes: 150, loopMs: 4 },
        { room: 'b', messages: 1, bytes: 1, loopMs: 3 },
        { room: 'a', messages: 1, bytes: 1, loopMs: 1 },
      ],
      books: [{ book: 'X/25/250', ...STREAM, messages: 8 }],
      connections: [
        { connection: 'c2', node: 'b', ...CONNECTION, unreadBytes: 9, loopMs: 4 },
        { connection: 'c1', user: 'ann', node: 'a', ...CONNECTION, requests: 3, loopMs: 1 },
      ],
      commands: [
        { command: 'publish', requests: 1, loopMs: 5 },
        { command: 'ping', requests: 1, loopMs: 1 },
      ],
      // A room is on several gateways, a connection on one.
      missed: { rooms: { ...STREAM, bytes: 6 }, books: STREAM, connections: { ...CONNECTION, requests: 2 } },
    });
  });

  it('names those that are among the first by any figure, and no others', () => {
    const rooms = Array.from({ length: 100 }, (_, i) => ({
      ...{ room: `room-${String(i)}`, messages: i, bytes: 100 - i, loopMs: 1 },
    }));
    const merged = mergeSamples([{ node: 'a', sample: { ...EMPTY, rooms } }]);
    const named = new Set(merged.rooms.map(({ room }) => room));
    for (let i = 0; i < MAX_NAMED; i += 1) {
      expect(named).toContain(`room-${String(99 - i)}`);
      expect(named).toContain(`room-${String(i)}`);
    }
    expect(named.size).toBe(2 * MAX_NAMED);
  });

  it('is nothing where nobody has told anything', () => {
    expect(mergeSamples([])).toEqual({ rooms: [], books: [], connections: [], commands: [], missed: EMPTY.missed });
  });
});
