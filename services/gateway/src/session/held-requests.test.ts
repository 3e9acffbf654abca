import type { ClientFrame } from '@outcry/protocol';
import { beforeEach, describe, expect, it } from 'vitest';

import { ALL_ROOMS, HeldRequests, type Scope } from './held-requests.ts';

const MAX_FRAME_BYTES = 100_000;

let client: { isClosed: boolean };
let held: HeldRequests;
/** What was carried out, by its id. */
let done: number[];
/** Those of them that ask something themselves. */
let asking: Map<number, Scope>;
let answers: Map<number, () => void>;
/** Of whom somebody was asked. */
let asked: number[];

beforeEach(() => {
  client = { isClosed: false };
  done = [];
  asked = [];
  asking = new Map();
  answers = new Map();
  held = new HeldRequests({ client, maxFrameBytes: MAX_FRAME_BYTES, maxAsked: 16, resume: come });
});

/** A request comes, now or at last. */
function come(frame: ClientFrame): void {
  const scope = asking.get(Number(frame.id));
  if (held.holds(frame)) held.add(frame);
  else if (scope !== undefined) void hold(frame, scope);
  else done.push(Number(frame.id));
}

function hold(frame: ClientFrame, scope: Scope): Promise<void> {
  const id = Number(frame.id);
  return held.hold({
    scope,
    frame,
    ask: () => {
      asked.push(id);
      return new Promise<object>((resolve) => {
        answers.set(id, () => {
          resolve({});
        });
      });
    },
    proceed: () => {
      done.push(id);
    },
  });
}

function publish(id: number, room: string, bytes = 1): ClientFrame {
  return { type: 'publish', id, room, data: new Uint8Array(bytes) };
}

function auth(id: number): ClientFrame {
  asking.set(id, ALL_ROOMS);
  return { type: 'auth', id, token: 't' };
}

async function answer(id: number): Promise<void> {
  answers.get(id)?.();
  await settled();
}

async function settled(): Promise<void> {
  for (let i = 0; i < 20; i++) await Promise.resolve();
}

describe('requests that wait behind one about all rooms', () => {
  it('are those that come behind it alone: what has waited in a room from before goes on there', async () => {
    asking.set(1, 'lobby');
    for (const frame of [publish(1, 'lobby'), publish(2, 'lobby'), auth(3), publish(4, 'lobby')]) come(frame);
    await answer(1);
    expect(done).toEqual([1, 2]);
    come(publish(5, 'hall'));
    expect(done).toEqual([1, 2]);
    await answer(3);
    expect(done).toEqual([1, 2, 3, 4, 5]);
  });

  it('wait again where another about all rooms stands before them', async () => {
    for (const frame of [auth(1), publish(2, 'lobby'), auth(3), publish(4, 'lobby')]) come(frame);
    await answer(1);
    expect(done).toEqual([1, 2]);
    await answer(3);
    expect(done).toEqual([1, 2, 3, 4]);
  });
});

describe('a request that waits', () => {
  it('may be as long as a frame may be, to the byte', async () => {
    const whole = hold(publish(1, 'lobby', MAX_FRAME_BYTES), 'lobby');
    expect(() => {
      held.add(publish(2, 'lobby', 0));
    }).toThrow('too many requests wait');
    await answer(1);
    await whole;
    await expect(hold(publish(3, 'lobby', MAX_FRAME_BYTES + 1), 'lobby')).rejects.toThrow('too many requests wait');
    expect(done).toEqual([1]);
  });

  it('is not carried out where its session has ended', async () => {
    asking.set(1, 'lobby');
    for (const frame of [publish(1, 'lobby'), publish(2, 'lobby')]) come(frame);
    client.isClosed = true;
    await answer(1);
    expect(done).toEqual([]);
  });

  it('leaves its place to others when it has been carried out', async () => {
    for (let first = 1; first < 1000; first += 128) {
      asking.set(first, 'lobby');
      for (let id = first; id < first + 128; id++) come(publish(id, 'lobby', 256));
      expect(() => {
        held.add(publish(0, 'lobby', 0));
      }).toThrow('too many requests wait');
      await answer(first);
      expect(done).toHaveLength(first + 127);
    }
  });

  it('leaves its turn to others, whether one waits for it or none', async () => {
    for (let round = 0; round < 3; round++) {
      const ids = Array.from({ length: 18 }, (_, i) => 1 + i + 18 * round);
      const before = asked.length;
      for (const id of ids) void hold(publish(id, `room-${String(id)}`), `room-${String(id)}`);
      await settled();
      expect(asked).toHaveLength(before + 16);
      for (const id of ids) await answer(id);
      expect(done).toHaveLength(18 * (round + 1));
    }
  });

  it('for its turn to be asked about is asked about no more when its session has ended', async () => {
    for (let id = 1; id <= 18; id++) void hold(publish(id, `room-${String(id)}`), `room-${String(id)}`);
    await settled();
    expect(asked).toHaveLength(16);
    client.isClosed = true;
    await answer(1);
    await answer(2);
    expect([asked.length, done]).toEqual([16, []]);
  });
});
