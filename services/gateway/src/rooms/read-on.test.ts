import { type HistoryRange, OutcryError, type RoomHistory, type RoomMessage } from '@outcry/broker';
import { createCodecs } from '@outcry/protocol';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import { Coalescer } from '../fanout/coalescer.ts';
import { GatewayMetrics } from '../observability/metrics.ts';
import { FakeTransport } from '../testing/fake-transport.ts';
import { catchUp, type HistorySource } from './catch-up.ts';
import { readOn } from './read-on.ts';
import { Room } from './room.ts';

const EPOCH = 'e1';

/** As in read-on.ts. */
const PAGE = 256;
/** As in relay-tail.ts. */
const MAX_TAIL = 10_000;

function message(seq: number, epoch = EPOCH): RoomMessage {
  return { room: 'lobby', position: { epoch, seq }, at: 1, origin: '', frame: Buffer.alloc(1) };
}

function seqsOf(result: readonly RoomMessage[] | 'lost' | 'away'): readonly number[] {
  if (typeof result === 'string') throw new Error(result);
  return result.map(({ position }) => position.seq);
}

function numbers(from: number, to: number): readonly number[] {
  return Array.from({ length: to - from + 1 }, (_, i) => from + i);
}

/** Races between a read of the past and what happens behind it: `meanwhile` runs when the broker has read, before it answers. */
describe('reading on', () => {
  let room: Room;
  let stored: RoomMessage[];
  let meanwhile: (() => void)[];
  let source: HistorySource;

  beforeEach(() => {
    const fanout = { publisher: new FakeTransport(), codecs: createCodecs(), metrics: new GatewayMetrics() };
    room = new Room('lobby', fanout, new Coalescer({ windowMs: () => 0, maxBytes: 1 }));
    stored = [];
    meanwhile = [];
    source = {
      kept: 100_000,
      read(range: HistoryRange, onSent): Promise<RoomHistory> {
        onSent();
        if ('limit' in range && !('after' in range)) throw new Error('reads from elsewhere');
        const head = stored.at(-1)?.position ?? { epoch: EPOCH, seq: 0 };
        const following =
          'last' in range ? stored.slice(-range.last) : stored.filter(({ position }) => position.seq > range.after);
        const messages = following.slice(0, 'last' in range ? range.last : range.limit);
        meanwhile.shift()?.();
        return Promise.resolve({ head, messages, hasMore: messages.length < following.length });
      },
    };
  });

  /** Stored and relayed, as a publish is. */
  function publish(from: number, to: number, epoch = EPOCH): void {
    for (const seq of numbers(from, to)) {
      stored.push(message(seq, epoch));
      room.relay(message(seq, epoch));
    }
  }

  /** What the member sees in the end, read on until it is whole. */
  async function readAll(from: number): Promise<readonly number[]> {
    const seen: number[] = [];
    for (let part = 0; part < 20; part += 1) {
      seen.push(...seqsOf(await readOn(room, { epoch: EPOCH, seq: seen.at(-1) ?? from }, source)));
      if (room.isAt({ epoch: EPOCH, seq: seen.at(-1) ?? from })) return seen;
    }
    throw new Error('never whole');
  }

  it('gives a page of what is missed by more than a page, and not what was relayed far behind it', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 2 * PAGE);
    meanwhile.push(() => {
      publish(2 * PAGE + 1, 2 * PAGE + 3);
    });
    const first = await readOn(room, { epoch: EPOCH, seq: 0 }, source);
    expect(seqsOf(first)).toEqual(numbers(1, PAGE));
    expect(await readAll(PAGE)).toEqual(numbers(PAGE + 1, 2 * PAGE + 3));
  });

  it('takes what was relayed during the read where the page leads up to it', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 5);
    meanwhile.push(() => {
      publish(6, 8);
    });
    const next = await readOn(room, { epoch: EPOCH, seq: 2 }, source);
    expect(seqsOf(next)).toEqual([3, 4, 5, 6, 7, 8]);
  });

  it('takes once what is both in the page and relayed during the read', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 5);
    const reading = source;
    source = {
      ...source,
      read: (range, onSent) =>
        reading.read(range, () => {
          onSent();
          publish(6, 7);
        }),
    };
    meanwhile.push(() => {
      publish(8, 9);
    });
    const { messages, isRecovered } = await catchUp(room, { since: { epoch: EPOCH, seq: 2 }, history: 0 }, source);
    expect([seqsOf(messages), isRecovered]).toEqual([numbers(3, 9), true]);
  });

  it('gives nothing, and starts nobody afresh, where the room is set back to where the member is', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 4);
    const reading = source;
    source = {
      ...source,
      read: (range, onSent) => {
        room.reset({ epoch: EPOCH, seq: 2 });
        stored = stored.slice(0, 2);
        return reading.read(range, onSent);
      },
    };
    expect(await readOn(room, { epoch: EPOCH, seq: 2 }, source)).toEqual([]);
  });

  it('starts afresh where the oldest of what was missed is gone', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 10);
    stored = stored.slice(5);
    expect(await readOn(room, { epoch: EPOCH, seq: 2 }, source)).toBe('lost');
  });

  it('throws away what it has read where continuity breaks meanwhile, and reads again', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 4);
    meanwhile.push(() => {
      // 5 to 8 are lost; the room goes on behind them.
      room.reset({ epoch: EPOCH, seq: 8 });
      publish(9, 10);
    });
    const next = await readOn(room, { epoch: EPOCH, seq: 2 }, source);
    // What stands before the break, and not what is behind it as if it followed.
    expect(seqsOf(next)).toEqual([3, 4]);
    expect(await readOn(room, { epoch: EPOCH, seq: 4 }, source)).toBe('lost');
  });

  it('takes nothing of a numbering that is over, though somebody still reads who began in it', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    room.tail.open();
    publish(1, 6);
    room.reset({ epoch: 'e2', seq: 0 });
    stored = [];
    publish(1, 2, 'e2');
    expect(await readOn(room, { epoch: 'e2', seq: 0 }, source)).toEqual([message(1, 'e2'), message(2, 'e2')]);
    room.tail.close();
  });

  it('joins with no hole where continuity breaks while the past is read', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 4);
    meanwhile.push(() => {
      room.reset({ epoch: EPOCH, seq: 8 });
      publish(9, 10);
    });
    const { messages, isRecovered } = await catchUp(room, { since: { epoch: EPOCH, seq: 2 }, history: 0 }, source);
    expect(messages).toEqual([]);
    expect(isRecovered).toBe(false);
  });

  it('starts afresh where nothing of what was missed is kept', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 10);
    stored = [];
    source = answering({ head: { epoch: EPOCH, seq: 10 }, messages: [], hasMore: false });
    expect(await readOn(room, { epoch: EPOCH, seq: 2 }, source)).toBe('lost');
  });

  it('says where what was missed may be in an archive that is away, unless what is stored follows', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 10);
    const answer = { head: { epoch: EPOCH, seq: 10 }, messages: stored.slice(5), hasMore: false, isAway: true };
    source = answering(answer);
    expect(await readOn(room, { epoch: EPOCH, seq: 2 }, source)).toBe('away');
    expect(seqsOf(await readOn(room, { epoch: EPOCH, seq: 5 }, source))).toEqual([6, 7, 8, 9, 10]);
    expect(await readOn(room, { epoch: 'e0', seq: 2 }, source)).toBe('lost');
  });

  it('starts afresh in another epoch, and reads nothing where nothing was missed', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 3);
    const read = vi.fn<HistorySource['read']>();
    source = { ...source, read };
    expect(await readOn(room, { epoch: 'e0', seq: 3 }, source)).toBe('lost');
    expect(await readOn(room, { epoch: EPOCH, seq: 3 }, source)).toEqual([]);
    expect(read).not.toHaveBeenCalled();
  });

  it('keeps nothing of what is relayed behind it, whatever has come of it', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 4);
    await readOn(room, { epoch: EPOCH, seq: 2 }, source);
    await catchUp(room, { since: { epoch: EPOCH, seq: 2 }, history: 0 }, source);
    const failing: HistorySource = {
      ...source,
      read: (_range, onSent) => {
        onSent();
        return Promise.reject(new Error('no'));
      },
    };
    await expect(readOn(room, { epoch: EPOCH, seq: 2 }, failing)).rejects.toThrow('no');
    await expect(catchUp(room, { since: undefined, history: 9 }, failing)).rejects.toThrow('no');
    publish(5, 8);
    expect(room.tail.after(0)).toEqual([]);
  });

  it('keeps nothing behind one that had to read twice, either', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 4);
    meanwhile.push(() => {
      room.reset({ epoch: EPOCH, seq: 4 });
    });
    expect(await catchUp(room, { since: undefined, history: 2 }, source)).toMatchObject({ from: { seq: 2 } });
    publish(5, 8);
    expect(room.tail.after(0)).toEqual([]);
  });

  it('keeps what the others need behind one whose turn to read never came', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 4);
    const gone: HistorySource = { ...source, read: () => Promise.reject(new Error('gone')) };
    meanwhile.push(() => {
      publish(5, 6);
    });
    await expect(catchUp(room, { since: undefined, history: 2 }, gone)).rejects.toThrow('gone');
    expect(await readAll(2)).toEqual([3, 4, 5, 6]);
  });

  it('minds nothing that breaks before its turn to read has come', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    const reading = source;
    let reads = 0;
    source = {
      ...source,
      read: (range, onSent) => {
        reads += 1;
        room.reset({ epoch: EPOCH, seq: 10 * reads });
        publish(10 * reads + 1, 10 * reads + 3);
        return reading.read(range, onSent);
      },
    };
    const { messages } = await catchUp(room, { since: undefined, history: 2 }, source);
    expect(messages.map(({ position }) => position.seq)).toEqual([12, 13]);
    expect(reads).toBe(1);
  });

  it('leaves to the relay what it has not relayed yet', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 4);
    stored.push(message(5), message(6));
    const { messages } = await catchUp(room, { since: { epoch: EPOCH, seq: 2 }, history: 0 }, source);
    expect(seqsOf(messages)).toEqual([3, 4]);
  });

  it('is refused where more is relayed during the read than is kept for it', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    meanwhile.push(() => {
      for (const seq of numbers(1, MAX_TAIL + 1)) room.relay(message(seq));
    });
    await expect(catchUp(room, { since: { epoch: EPOCH, seq: 0 }, history: 0 }, source)).rejects.toThrow('too fast');
  });

  it('takes nothing out of an epoch that the room is not in yet', async () => {
    room.begin({ epoch: EPOCH, seq: 4 });
    source = answering({ head: { epoch: 'e2', seq: 4 }, messages: [message(4, 'e2')], hasMore: false });
    await expect(readOn(room, { epoch: EPOCH, seq: 3 }, source)).rejects.toThrow('too fast');
    await expect(catchUp(room, { since: undefined, history: 1 }, source)).rejects.toThrow('too fast');
  });

  it('recovers nobody who would find a hole behind what is kept', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 6);
    stored = [3, 4, 6].map((seq) => message(seq));
    const missed = await catchUp(room, { since: { epoch: EPOCH, seq: 2 }, history: 0 }, source);
    expect(missed).toMatchObject({ from: { seq: 6 }, messages: [], isRecovered: false });
  });

  it('reads nothing for who wants nothing', async () => {
    room.begin({ epoch: EPOCH, seq: 4 });
    const read = vi.fn<HistorySource['read']>();
    const tail = vi.spyOn(room, 'tail', 'get');
    const missed = await catchUp(room, { since: undefined, history: 0 }, { ...source, read });
    expect(missed).toMatchObject({ from: { seq: 4 }, messages: [], isRecovered: false });
    expect(read).not.toHaveBeenCalled();
    // Which every inbox would have for ever.
    expect(tail).not.toHaveBeenCalled();
  });

  it('asks once whether the room has gone on from the epoch of a client that wants nothing else', async () => {
    room.begin({ epoch: EPOCH, seq: 4 });
    const read = vi.spyOn(source, 'read');
    const missed = await catchUp(room, { since: { epoch: 'e0', seq: 2 }, history: 0 }, source);
    expect(missed).toMatchObject({ from: { seq: 4 }, messages: [], isRecovered: false });
    expect(read.mock.calls.map(([range]) => range)).toMatchObject([{ after: 2, epoch: 'e0' }]);
  });

  it('recovers whom the room has gone on from, under the epoch that it has now', async () => {
    room.begin({ epoch: EPOCH, seq: 4 });
    const head = { epoch: EPOCH, seq: 4 };
    source = answering({ head, messages: [message(3), message(4)], hasMore: false, isContinued: true });
    const missed = await catchUp(room, { since: { epoch: 'e0', seq: 2 }, history: 0 }, source);
    expect(missed).toMatchObject({ from: { epoch: EPOCH, seq: 2 }, isRecovered: true });
    expect(seqsOf(missed.messages)).toEqual([3, 4]);
  });

  it('says where some of what was asked for is in an archive that could not be asked', async () => {
    room.begin({ epoch: EPOCH, seq: 4 });
    const head = { epoch: EPOCH, seq: 4 };
    for (const isAway of [true, undefined]) {
      const answer = { head, messages: [message(4)], hasMore: false };
      source = answering(isAway === undefined ? answer : { ...answer, isAway });
      const missed = await catchUp(room, { since: { epoch: EPOCH, seq: 2 }, history: 5 }, source);
      expect(missed).toMatchObject({ isRecovered: false, messages: [{ position: { seq: 4 } }] });
      expect(missed.isAway).toBe(isAway);
    }
  });

  it('waits for nothing where the room is as far as the client', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 4);
    for (const seq of [3, 4]) {
      const joining = catchUp(room, { since: { epoch: EPOCH, seq }, history: 0 }, source);
      const first = await Promise.race([joining, new Promise((resolve) => setImmediate(resolve, 'waits'))]);
      expect(first).toMatchObject({ from: { seq }, isRecovered: true });
    }
  });

  it('waits for it for two seconds, and then recovers nobody', async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    room.begin({ epoch: EPOCH, seq: 4 });
    stored = numbers(1, 6).map((seq) => message(seq));
    const joining = catchUp(room, { since: { epoch: EPOCH, seq: 6 }, history: 0 }, source);
    await vi.advanceTimersByTimeAsync(2000);
    expect(await joining).toMatchObject({ from: { seq: 4 }, messages: [], isRecovered: false });
  });

  it('waits for what another gateway has told the client already', async () => {
    room.begin({ epoch: EPOCH, seq: 4 });
    stored = numbers(1, 6).map((seq) => message(seq));
    const joining = catchUp(room, { since: { epoch: EPOCH, seq: 5 }, history: 0 }, source);
    await new Promise(setImmediate);
    for (const seq of [5, 6]) room.relay(message(seq));
    expect(await joining).toMatchObject({ from: { seq: 5 }, isRecovered: true });
  });

  it('reads again where the room goes on in another epoch while it waits for that', async () => {
    room.begin({ epoch: EPOCH, seq: 4 });
    stored = numbers(1, 6).map((seq) => message(seq));
    const joining = catchUp(room, { since: { epoch: EPOCH, seq: 6 }, history: 3 }, source);
    await new Promise(setImmediate);
    stored = [message(7, 'e2')];
    room.reset({ epoch: 'e2', seq: 6 });
    room.relay(message(7, 'e2'));
    const missed = await joining;
    expect(missed.messages.map(({ position }) => position)).toEqual([{ epoch: 'e2', seq: 7 }]);
    expect(missed).toMatchObject({ from: { epoch: 'e2', seq: 6 }, isRecovered: false });
  });

  it('asks for no more than the room keeps, and no more than is wanted', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 9);
    const limits: number[] = [];
    const keeping = source;
    source = {
      kept: 5,
      read: (range, onSent) => {
        limits.push('last' in range ? range.last : range.limit);
        return keeping.read(range, onSent);
      },
    };
    await catchUp(room, { since: undefined, history: 3 }, source);
    await catchUp(room, { since: undefined, history: 8 }, source);
    await catchUp(room, { since: { epoch: EPOCH, seq: 7 }, history: 0 }, source);
    expect(limits).toEqual([3, 5, 5]);
  });

  it.each([
    ['reads on', (): Promise<unknown> => readOn(room, { epoch: EPOCH, seq: 2 }, source)],
    ['joins', (): Promise<unknown> => catchUp(room, { since: undefined, history: 5 }, source)],
    ['resumes', (): Promise<unknown> => catchUp(room, { since: { epoch: EPOCH, seq: 2 }, history: 5 }, source)],
  ])('is given up by who %s after three reads, of a room whose continuity breaks at each', async (_who, read) => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 4);
    meanwhile = Array.from({ length: 10 }, (_, i) => () => {
      room.reset({ epoch: EPOCH, seq: 10 + i });
    });
    await expect(read()).rejects.toThrow(OutcryError);
    expect(meanwhile).toHaveLength(7);
  });

  it('joins in the end where continuity breaks at two reads', async () => {
    room.begin({ epoch: EPOCH, seq: 0 });
    publish(1, 4);
    meanwhile = [1, 2].map((_, i) => () => {
      room.reset({ epoch: EPOCH, seq: 10 + i });
    });
    const { from } = await catchUp(room, { since: undefined, history: 5 }, source);
    expect(from).toEqual({ epoch: EPOCH, seq: 0 });
  });

  it('refuses a room that is not delivered yet', async () => {
    await expect(readOn(room, { epoch: EPOCH, seq: 2 }, source)).rejects.toThrow('not delivered');
    await expect(catchUp(room, { since: undefined, history: 0 }, source)).rejects.toThrow('not delivered');
  });

  function answering(history: RoomHistory): HistorySource {
    return {
      ...source,
      read: (_range, onSent) => {
        onSent();
        return Promise.resolve(history);
      },
    };
  }
});
