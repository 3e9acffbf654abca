import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';

describe('the history of a room', () => {
  let gateway: TestGateway;
  let ann: TestClient;
  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval', 'performance'] });
    gateway = await createTestGateway({ limits: { softBufferBytes: 1000, hardBufferBytes: 10_000 } });
    ann = gateway.connect('ann');
    gateway.services.connections.add(ann.session);
    ann.send({ type: 'join', id: 'join', room: 'lobby' });
    for (let data = 1; data <= 5; data += 1)
      ann.send({ type: 'publish', id: `say ${String(data)}`, room: 'lobby', data });
    await answered('say 5');
    // What the room is joined with is read, too, and not always before all has been said.
    await answered('join');
  });
  afterEach(async () => {
    await gateway.stop();
    vi.useRealTimers();
  });

  interface Answer {
    readonly code?: string;
    readonly message?: string;
    readonly messages?: readonly { readonly data: unknown }[];
    readonly epoch?: string;
    readonly seq?: number;
    readonly more?: boolean;
  }

  async function answered(id: string): Promise<Answer> {
    return vi.waitUntil(
      () => ann.socket.frames.find((frame) => 'id' in frame && frame.id === id) as Answer | undefined,
    );
  }

  async function ask(fields: Readonly<Record<string, unknown>>): Promise<Answer> {
    const id = JSON.stringify(fields);
    ann.send({ type: 'history', id, room: 'lobby', ...fields });
    return answered(id);
  }

  function dataOf({ messages }: Answer): readonly unknown[] | undefined {
    return messages?.map(({ data }) => data);
  }

  it('is read backwards, a page at a time, and says whether there is more', async () => {
    const last = await ask({ limit: 2 });
    expect([dataOf(last), last.more]).toEqual([[4, 5], true]);
    const joined = ann.socket.framesOf('joined').find(({ room }) => room === 'lobby');
    expect(last).toMatchObject({ epoch: joined?.epoch, seq: 5 });
    const middle = await ask({ limit: 2, before: 4 });
    expect([dataOf(middle), middle.more]).toEqual([[2, 3], true]);
    const first = await ask({ limit: 2, before: 2 });
    expect(dataOf(first)).toEqual([1]);
    expect(first).not.toHaveProperty('more');
    expect(first).not.toHaveProperty('away');
  });

  it('says where there is more than can be had now', async () => {
    const head = { epoch: 'e', seq: 5 };
    const { past } = gateway.services;
    vi.spyOn(past, 'read').mockResolvedValueOnce({ head, messages: [], hasMore: true, isAway: true });
    expect(await ask({ limit: 2 })).toMatchObject({ ...head, messages: [], more: true, away: true });
  });

  it('comes in pages of one to a thousand', async () => {
    for (const limit of [0, 1001]) {
      expect(await ask({ limit })).toMatchObject({ code: 'badRequest', message: 'limit: expected 1 to 1000' });
    }
    expect(dataOf(await ask({ limit: 1 }))).toEqual([5]);
    expect(dataOf(await ask({ limit: 1000 }))).toEqual([1, 2, 3, 4, 5]);
  });

  it('comes in pages of no more bytes than the gateway reads at once, but for a single message', async () => {
    const read = vi.spyOn(gateway.services.broker, 'readHistory');
    await ask({ limit: 3, before: 5 });
    const range = { before: 5, limit: 3, maxBytes: gateway.config.historyPageBytes };
    expect(read.mock.calls[0]?.[1]).toEqual(range);
  });

  it('waits for who has no room for it, comes when it has, and makes no laggard of it', async () => {
    const read = vi.spyOn(gateway.services.broker, 'readHistory');
    setUnread(500);
    ann.send({ type: 'history', id: 'slow', room: 'lobby', limit: 3 });
    await turns();
    expect(ann.session.streams.isBehind).toBe(true);
    expect(ann.session.streams.isHoldingBack).toBe(false);
    expect(read).not.toHaveBeenCalled();
    setUnread(0);
    ann.socket.bytesPerSend = 5000;
    expect(dataOf(await answered('slow'))).toEqual([3, 4, 5]);
    vi.advanceTimersByTime(100);
    expect(ann.socket.framesOf('lagging')).toEqual([]);
    expect(ann.session.streams.isBehind).toBe(false);
  });

  it('is read for nobody who is gone', async () => {
    const read = vi.spyOn(gateway.services.broker, 'readHistory');
    for (let i = 0; i < 3; i += 1) ann.send({ type: 'history', room: 'lobby', limit: 3 });
    ann.session.closed(1000);
    await turns();
    expect(read).not.toHaveBeenCalled();
    expect(gateway.services.past.size).toBe(0);
    expect(ann.socket.closeCode).toBeUndefined();
  });

  function setUnread(bytes: number): void {
    ann.socket.buffered = bytes;
    vi.advanceTimersByTime(100);
  }

  /** What goes on by turns of the loop has had more of them than it needs. */
  async function turns(): Promise<void> {
    for (let turn = 0; turn < 10; turn += 1) await new Promise((resolve) => setImmediate(resolve));
  }
});
