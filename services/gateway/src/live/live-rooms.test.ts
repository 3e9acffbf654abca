import { createClientCodec, Encoding, type ReceivedFrame } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { ApiError } from '../api/api-error.ts';
import type { ConsoleMetrics } from '../observability/console-metrics.ts';
import { GatewayMetrics } from '../observability/metrics.ts';
import { LIVE_LIMITS } from './limits.ts';
import type { LiveRoom, RoomMember } from './live-room.ts';
import { LiveRooms } from './live-rooms.ts';
import type { RoomQuestion } from './room-question.ts';

const HEALTH = '$console/health';
const NODES = '$console/nodes';
const codec = createClientCodec(Encoding.Json);

class Viewer implements RoomMember {
  readonly told: ReceivedFrame[] = [];

  tell(_room: LiveRoom, frame: Uint8Array): void {
    const decoded = codec.decodeServer(Buffer.from(frame).toString());
    if (decoded !== undefined) this.told.push(decoded);
  }

  get data(): readonly unknown[] {
    return this.told.map((frame) => ('data' in frame ? frame.data : undefined));
  }
}

let metrics: ConsoleMetrics;
let asked: string[];
let answer: (question: RoomQuestion) => Promise<unknown>;
let errors: unknown[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance', 'Date'] });
  metrics = new GatewayMetrics().console;
  asked = [];
  errors = [];
  answer = () => Promise.resolve({ nodes: [] });
});
afterEach(() => {
  vi.useRealTimers();
});

function open(limits: Partial<typeof LIVE_LIMITS> = {}): LiveRooms {
  return new LiveRooms({
    ask: (question) => {
      asked.push(question.name);
      return answer(question);
    },
    limits: { ...LIVE_LIMITS, ...limits },
    metrics,
    logger: { error: (fields: unknown) => errors.push(fields) },
  });
}

async function countOf(outcome: string): Promise<number | undefined> {
  return (await metrics.asks.get()).values.find(({ labels }) => labels['outcome'] === outcome)?.value;
}

describe('a room of the console', () => {
  it('asks at once, and then once a second, however many are in it', async () => {
    const rooms = open();
    const viewers = Array.from({ length: 50 }, () => new Viewer());
    for (const viewer of viewers) rooms.join(HEALTH, viewer);
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toEqual(['health']);
    for (const viewer of viewers) {
      expect(viewer.told).toMatchObject([
        { type: 'message', room: HEALTH, from: 'server', data: { result: { nodes: [] } }, seq: 1 },
      ]);
    }
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked).toHaveLength(11);
  });

  it('says what differs from before, and nothing else', async () => {
    const rooms = open();
    const viewer = new Viewer();
    rooms.join(HEALTH, viewer);
    await vi.advanceTimersByTimeAsync(5000);
    expect(viewer.told).toHaveLength(1);
    answer = () => Promise.resolve({ nodes: ['gw-1'] });
    await vi.advanceTimersByTimeAsync(5000);
    expect(viewer.data).toEqual([{ result: { nodes: [] } }, { result: { nodes: ['gw-1'] } }]);
    expect(viewer.told.map((frame) => 'seq' in frame && frame.seq)).toEqual([1, 2]);
    expect([await countOf('changed'), await countOf('same')]).toEqual([2, 9]);
  });

  it('stops with the last one who leaves, and begins anew with the next', async () => {
    const rooms = open();
    const [ann, bob, carol] = [new Viewer(), new Viewer(), new Viewer()];
    const room = rooms.join(HEALTH, ann);
    rooms.join(HEALTH, bob);
    await vi.advanceTimersByTimeAsync(1500);
    rooms.leave(room, ann);
    await vi.advanceTimersByTimeAsync(1000);
    expect(asked).toHaveLength(3);
    rooms.leave(room, bob);
    expect([rooms.size, vi.getTimerCount()]).toEqual([0, 0]);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(3);
    const again = rooms.join(HEALTH, carol);
    expect(again.epoch).not.toBe(room.epoch);
    await vi.advanceTimersByTimeAsync(0);
    expect(carol.told).toHaveLength(1);
  });

  it('tells nobody what comes when all have gone', async () => {
    let reply: (value: unknown) => void = () => undefined;
    answer = () =>
      new Promise((resolve) => {
        reply = resolve;
      });
    const rooms = open();
    const [ann, bob] = [new Viewer(), new Viewer()];
    rooms.leave(rooms.join(HEALTH, ann), ann);
    expect(vi.getTimerCount()).toBe(0);
    rooms.leave(rooms.join(HEALTH, ann), ann);
    rooms.join(HEALTH, ann);
    await vi.advanceTimersByTimeAsync(0);
    const late = reply;
    rooms.leave(rooms.join(HEALTH, ann), ann);
    answer = () => Promise.resolve('new');
    rooms.join(HEALTH, bob);
    await vi.advanceTimersByTimeAsync(0);
    late('old');
    await vi.advanceTimersByTimeAsync(3000);
    expect(ann.told).toEqual([]);
    expect(bob.data).toEqual([{ result: 'new' }]);
    expect(await countOf('gone')).toBe(1);
  });

  it('is not asked again before its answer has come', async () => {
    answer = () =>
      new Promise((resolve) => {
        setTimeout(resolve, 3500, 'slow');
      });
    open().join(HEALTH, new Viewer());
    await vi.advanceTimersByTimeAsync(3499);
    expect(asked).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(10);
    expect(asked).toHaveLength(2);
  });

  it('says why there is no answer, once, and goes on', async () => {
    const viewer = new Viewer();
    answer = () => Promise.reject(new ApiError('noPresence', 'no members are kept'));
    open().join('$console/members?{"room":"lobby"}', viewer);
    await vi.advanceTimersByTimeAsync(2500);
    answer = () => Promise.resolve({ count: 1 });
    await vi.advanceTimersByTimeAsync(1000);
    expect(viewer.data).toEqual([
      { error: { code: 'noPresence', message: 'no members are kept', retryable: false } },
      { result: { count: 1 } },
    ]);
    expect([await countOf('refused'), errors]).toEqual([3, []]);
  });

  it('writes a fault down once, and tells nobody what it was', async () => {
    const viewer = new Viewer();
    answer = () => Promise.reject(new TypeError('a secret of the code'));
    open().join(HEALTH, viewer);
    await vi.advanceTimersByTimeAsync(5000);
    expect(viewer.data).toMatchObject([{ error: { code: 'internal' } }]);
    expect(JSON.stringify(viewer.data)).not.toContain('secret');
    expect(errors).toHaveLength(1);
  });

  it('does not say what is too long', async () => {
    const viewer = new Viewer();
    answer = () => Promise.resolve('x'.repeat(1000));
    open({ maxMessageBytes: 500 }).join(HEALTH, viewer);
    await vi.advanceTimersByTimeAsync(0);
    expect(viewer.data).toMatchObject([{ error: { code: 'answerTooLarge' } }]);
  });
});

describe('all rooms together', () => {
  it('ask no faster than their pace, each in its turn', async () => {
    const rooms = open({ asks: { perSecond: 5, burst: 10 } });
    for (let i = 0; i < 20; i += 1) rooms.join(`$console/top?{"seconds":${String(i + 1)}}`, new Viewer());
    await vi.advanceTimersByTimeAsync(0);
    expect(asked).toHaveLength(10);
    await vi.advanceTimersByTimeAsync(60_000);
    expect(asked).toHaveLength(10 + 60 * 5);
  });

  it('are each asked once a second where there are few', async () => {
    const rooms = open();
    rooms.join(HEALTH, new Viewer());
    rooms.join(NODES, new Viewer());
    await vi.advanceTimersByTimeAsync(10_000);
    expect(asked.filter((name) => name === 'health')).toHaveLength(11);
    expect(asked.filter((name) => name === 'nodes')).toHaveLength(11);
  });

  it('cannot be made to ask faster by coming and going', async () => {
    const rooms = open({ asks: { perSecond: 5, burst: 10 } });
    const viewer = new Viewer();
    for (let i = 0; i < 1000; i += 1) {
      const room = rooms.join(HEALTH, viewer);
      await vi.advanceTimersByTimeAsync(10);
      rooms.leave(room, viewer);
    }
    expect(asked.length).toBeLessThanOrEqual(10 + 10 * 5);
    expect([rooms.size, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('are so many at most', () => {
    const rooms = open({ maxOpenRooms: 2 });
    const viewer = new Viewer();
    const room = rooms.join(HEALTH, viewer);
    rooms.join(NODES, viewer);
    expect(() => rooms.join('$console/top', viewer)).toThrow(
      expect.objectContaining({ code: 'limitReached' }) as Error,
    );
    rooms.join(HEALTH, new Viewer());
    expect(() => rooms.join('$console/none', viewer)).toThrow(expect.objectContaining({ code: 'forbidden' }) as Error);
    rooms.leave(room, viewer);
    expect(rooms.size).toBe(2);
  });
});
