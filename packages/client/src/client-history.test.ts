import type { ReceivedFrame } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Room } from './room.ts';
import { ClientHarness } from './testing/client-harness.ts';

/** As many messages as the gateway of these tests puts into one answer. */
const PAGE = 3;

describe('the history of a room', () => {
  let harness: ClientHarness;
  let room: Room;
  /** Of the numbering that the room has. */
  let epoch: string;
  let stored: number;
  /** As gateways from before there were pages. */
  let tellsMore: boolean;
  /** That of the gateway which has what is older than what is stored. */
  let isAway: boolean;

  beforeEach(async () => {
    harness = new ClientHarness();
    room = harness.client.join('lobby');
    [epoch, stored, tellsMore, isAway] = ['e', 10, true, false];
    await harness.goLiveAnswering('join');
    const { socket } = harness;
    socket.onSend = (frame) => {
      if (frame.type !== 'history') return;
      queueMicrotask(() => {
        socket.receive(answerTo(frame));
      });
    };
  });
  afterEach(() => {
    harness.end();
  });

  it('is as long as was asked for, in however many answers it comes', async () => {
    expect(await read({ limit: 8 })).toEqual({ seqs: [3, 4, 5, 6, 7, 8, 9, 10], hasMore: true });
    expect(harness.socket.of('history')).toMatchObject([
      { limit: 8 },
      { before: 8, limit: 5 },
      { before: 5, limit: 2 },
    ]);
  });

  it('ends where the room’s past does', async () => {
    expect(await read({ limit: 1000 })).toEqual({ seqs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], hasMore: false });
    expect(await read({ before: 3, limit: 1000 })).toEqual({ seqs: [1, 2], hasMore: false });
    expect(await read({ before: 1 })).toEqual({ seqs: [], hasMore: false });
  });

  it('is one answer of a gateway that knows no pages', async () => {
    tellsMore = false;
    expect(await read({ limit: 8 })).toEqual({ seqs: [8, 9, 10], hasMore: false });
    expect(harness.socket.of('history')).toHaveLength(1);
  });

  it('does not mix what was before the room was numbered anew with what is behind that', async () => {
    const reading = read({ limit: 8 });
    queueMicrotask(() => {
      epoch = 'f';
    });
    await harness.platform.pass(0);
    expect(await reading).toEqual({ seqs: [8, 9, 10], hasMore: false });
  });

  it('is iterated page by page to the first message, the newest first, and no further than somebody reads', async () => {
    expect(await iterate()).toEqual([10, 9, 8, 7, 6, 5, 4, 3, 2, 1]);
    expect(harness.socket.of('history')).toHaveLength(4);
    expect(await iterate({ before: 6 })).toEqual([5, 4, 3, 2, 1]);
    expect(await iterate({ before: 1 })).toEqual([]);
    const asked = harness.socket.of('history').length;
    const reading = (async () => {
      for await (const { seq } of room.history({ limit: PAGE })) return seq;
      return undefined;
    })();
    await answer();
    expect(await reading).toBe(10);
    expect(harness.socket.of('history')).toHaveLength(asked + 1);
  });

  it('says that there is more in an archive that is away, and does not take that for the end', async () => {
    isAway = true;
    const reading = room.history({ before: 4, limit: 10 });
    await answer();
    expect(await reading).toMatchObject({ hasMore: false, isAway: true, oldest: 1 });
    await expect(iterate({ before: 4 })).rejects.toMatchObject({ code: 'unavailable' });
  });

  async function answer(): Promise<void> {
    for (let turn = 0; turn < 40; turn += 1) await harness.platform.pass(0);
  }

  async function iterate(options: Parameters<Room['history']>[0] = { limit: PAGE }): Promise<readonly number[]> {
    const iterating = (async () => {
      const seqs: number[] = [];
      for await (const { seq } of room.history({ limit: PAGE, ...options })) seqs.push(seq);
      return seqs;
    })();
    iterating.catch(() => undefined);
    await answer();
    return iterating;
  }

  async function read(options: Parameters<Room['history']>[0]): Promise<{ seqs: readonly number[]; hasMore: boolean }> {
    const reading = room.history(options);
    for (let answer = 0; answer < 20; answer += 1) await harness.platform.pass(0);
    const { messages, hasMore, head } = await reading;
    expect(head.seq).toBe(stored);
    return { seqs: messages.map(({ seq }) => seq), hasMore };
  }

  function answerTo({ id, before, limit }: { id?: number | string; before?: number; limit: number }): ReceivedFrame {
    const last = Math.min(stored, (before ?? Infinity) - 1);
    const first = Math.max(1, last - Math.min(limit, PAGE) + 1);
    const messages = Array.from({ length: last - first + 1 }, (_, i) => messageOf(first + i));
    const more = tellsMore && first > 1 ? { more: true } : {};
    const away = isAway && first <= 1 ? { away: true } : {};
    return { type: 'ack', id: id ?? 0, messages, epoch, seq: stored, ...more, ...away };
  }
});

function messageOf(seq: number): ReceivedFrame {
  return { type: 'message', room: 'lobby', from: 'bob', at: 0, data: seq, seq };
}
