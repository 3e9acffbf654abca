import { type HistoryRange, OutcryError, type RoomHistory } from '@outcry/broker';
import { RequestError } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { loadGatewayConfig } from '../config/config.ts';
import { GatewayMetrics } from '../observability/metrics.ts';
import { Past, type PastReader, unwanted } from './past.ts';

const PAGE_BYTES = 256 * 1024;
/** Of `PAGE_BYTES`, as past.ts has it. */
const IN_FLIGHT = 4;
const MIN_PAGE_BYTES = 16 * 1024;
const MAX_WAIT_MS = 8000;
const MAX_ASKED = 128;
const MAX_WAITING = 10_000;

const HISTORY: RoomHistory = {
  head: { epoch: 'e', seq: 1 },
  messages: [{ room: 'pit', position: { epoch: 'e', seq: 1 }, at: 1, origin: '', frame: Buffer.alloc(7) }],
  hasMore: false,
};

/** A read that the broker was asked for. */
interface Asked {
  readonly room: string;
  readonly range: HistoryRange;
  readonly answer: (history?: RoomHistory) => void;
  readonly fail: (err: unknown) => void;
}

describe('the past', () => {
  let past: Past;
  let metrics: GatewayMetrics;
  /** Without an answer, the oldest first. */
  let open: Asked[];
  let asked: number;

  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
    metrics = new GatewayMetrics();
    open = [];
    asked = 0;
    past = new Past({
      broker: {
        readHistory: (room, range) =>
          new Promise((resolve, reject) => {
            asked += 1;
            const answer = (history = HISTORY): void => {
              resolve(history);
            };
            open.push({ room, range, answer, fail: reject });
          }),
      },
      rules: loadGatewayConfig({}).config.roomRules,
      metrics,
      pageBytes: PAGE_BYTES,
    });
  });
  afterEach(() => {
    past.close();
    vi.useRealTimers();
  });

  it('is read a page at a time for each, however many it has asked for', async () => {
    const ann = reader();
    const reads = Array.from({ length: 5 }, (_, i) => ask(ann, { before: i + 1 }));
    for (let i = 0; i < 5; i += 1) {
      await turns();
      expect(open.map(({ range }) => range)).toMatchObject([{ before: i + 1 }]);
      open.shift()?.answer();
    }
    expect(await Promise.all(reads)).toHaveLength(5);
  });

  it('is read for a few at a time, those who ask for little as well as those who ask for much', async () => {
    const many = Array.from({ length: 3 * IN_FLIGHT }, reader);
    // One has asked for a hundred pages before anybody else has asked for one.
    const greedy = reader();
    for (let i = 0; i < 100; i += 1) void ask(greedy, { room: 'greedy', before: i + 1 });
    const answered: PastReader[] = [];
    for (const [i, one] of many.entries()) void ask(one, { before: i + 1 }).then(() => answered.push(one));
    await turns();
    expect(open).toHaveLength(IN_FLIGHT);
    while (answered.length < many.length) {
      open.shift()?.answer();
      await turns();
      expect(open.length).toBeLessThanOrEqual(IN_FLIGHT);
    }
    // In the time of a dozen others it had its turns, and no more than that.
    expect(answered).toEqual(many);
    expect(asked).toBeLessThanOrEqual(many.length + 2 * IN_FLIGHT);
  });

  it('is read for more at a time where pages are small', async () => {
    for (let i = 0; i < 100; i += 1) void ask(reader(), { before: i + 1, maxBytes: PAGE_BYTES / 4 });
    await turns();
    expect(open).toHaveLength(4 * IN_FLIGHT);
  });

  it('is read for no more than so many at a time, however small the pages', async () => {
    for (let i = 0; i < 100; i += 1) void ask(reader(), { before: i + 1, maxBytes: 1 });
    await turns();
    expect(open).toHaveLength((IN_FLIGHT * PAGE_BYTES) / MIN_PAGE_BYTES);
  });

  it('is read once for all who ask for the same at the same time', async () => {
    const answers = Promise.all(Array.from({ length: 200 }, () => ask(reader())));
    await turns();
    expect(open).toHaveLength(1);
    open[0]?.answer();
    for (const history of await answers) expect(history).toBe(HISTORY);
    expect(await count('history_reads_total')).toBe(1);
    expect(await count('history_reads_spared_total{why="shared"}')).toBe(199);
    expect(await count('history_read_bytes_total')).toBe(7);
  });

  it('is read again for who asks later, so that no answer is older than its question', async () => {
    const first = ask(reader());
    await turns();
    const others = [ask(reader()), ask(reader())];
    await turns();
    expect(asked).toBe(1);
    open[0]?.answer({ ...HISTORY, head: { epoch: 'e', seq: 5 } });
    expect((await first).head.seq).toBe(5);
    await turns();
    expect(asked).toBe(2);
    open[1]?.answer({ ...HISTORY, head: { epoch: 'e', seq: 6 } });
    for (const other of others) expect((await other).head.seq).toBe(6);
  });

  it('says when the broker is asked, and which page is asked for is said no earlier than when it is the reader’s next', async () => {
    const ann = reader();
    const sent: string[] = [];
    let before = 1;
    const request = (name: string) => ({
      room: 'pit',
      page: () => ({ before, limit: 1 }),
      onSent: () => void sent.push(name),
    });
    for (const name of ['first', 'second']) past.read(ann, request(name)).catch(() => undefined);
    await turns();
    expect(sent).toEqual(['first']);
    before = 2;
    open.shift()?.answer();
    await turns();
    expect(sent).toEqual(['first', 'second']);
    expect(open[0]?.range).toMatchObject({ before: 2 });
  });

  it('is not read for who has no room for what it asks for, until it has', async () => {
    const slow = reader();
    slow.backlog.hasRoom = false;
    const answer = ask(slow, { isAsked: true });
    void ask(reader(), { room: 'hall' });
    await turns();
    expect(open.map(({ room }) => room)).toEqual(['hall']);
    expect(past.isParked(slow)).toBe(true);
    slow.backlog.hasRoom = true;
    past.resume(slow);
    expect(past.isParked(slow)).toBe(false);
    await turns();
    open[1]?.answer();
    expect(await answer).toBe(HISTORY);
  });

  it('is read for who has no room where it is for the gateway to send it', async () => {
    const slow = reader();
    slow.backlog.hasRoom = false;
    void ask(slow);
    await turns();
    expect(open).toHaveLength(1);
    expect(past.isParked(slow)).toBe(false);
  });

  it('takes nothing of room again that who waits for none has, and of who is gone or never came', async () => {
    const ann = reader();
    for (let i = 0; i < 3; i += 1) void ask(ann, { before: i + 1, isAsked: true });
    await turns();
    past.resume(ann);
    await turns();
    expect(open).toHaveLength(1);
    const stranger = reader();
    past.resume(stranger);
    past.forget(stranger);
    expect(past.isParked(stranger)).toBe(false);
    expect(past.size).toBe(2);
    ann.backlog.hasRoom = false;
    open.shift()?.answer();
    await turns();
    expect(past.isParked(ann)).toBe(true);
    past.forget(ann);
    expect([past.isParked(ann), past.size]).toEqual([false, 0]);
  });

  it('is not read for who is gone', async () => {
    const blockers = Array.from({ length: IN_FLIGHT }, (_, i) => ask(reader(), { before: i + 1 }));
    await turns();
    const gone = reader();
    const reads = [ask(gone, { room: 'a' }), ask(gone, { room: 'b' })];
    await turns();
    past.forget(gone);
    expect(past.isParked(gone)).toBe(false);
    for (const read of reads) await expect(read).rejects.toMatchObject({ code: 'closed' });
    for (const { answer } of open) answer();
    await Promise.all(blockers);
    await turns();
    expect(asked).toBe(IN_FLIGHT);
    expect(past.size).toBe(0);
    expect(await count('history_reads_spared_total{why="gone"}')).toBe(2);
  });

  it('is not read for who does not want it any more when its turn comes', async () => {
    const [ann, bob] = [reader(), reader()];
    const check = (): void => {
      throw unwanted();
    };
    const request = { room: 'pit', page: () => ({ limit: 10 }), check };
    const refused = Promise.allSettled([past.read(ann, request), past.read(ann, request), past.read(bob, request)]);
    const wanted = ask(bob, { room: 'hall' });
    await turns();
    expect((await refused).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(open.map(({ room }) => room)).toEqual(['hall']);
    open[0]?.answer();
    await wanted;
    expect(await count('history_reads_spared_total{why="gone"}')).toBe(3);
  });

  it('is refused to who may not read it when its turn comes', async () => {
    const check = (): void => {
      throw new RequestError('forbidden', 'no');
    };
    const refused = past.read(reader(), { room: 'pit', page: () => ({ limit: 10 }), check });
    await expect(refused).rejects.toThrow('no');
    expect([asked, past.size]).toEqual([0, 0]);
    expect(await count('history_reads_spared_total{why="refused"}')).toBe(1);
  });

  it('is refused to each when its own time is over, and one page of it is read for it until then', async () => {
    const ann = reader();
    void ask(ann, { before: 1 });
    await turns();
    const early = [2, 3].map((before) => ask(ann, { before }));
    vi.advanceTimersByTime(MAX_WAIT_MS - 1000);
    const late = ask(ann, { before: 4 });
    vi.advanceTimersByTime(1000);
    for (const read of early) await expect(read).rejects.toMatchObject({ code: 'unavailable' });
    await turns();
    expect([open.length, past.size]).toEqual([1, 1]);
    vi.advanceTimersByTime(MAX_WAIT_MS - 1001);
    expect(past.size).toBe(1);
    vi.advanceTimersByTime(1);
    await expect(late).rejects.toMatchObject({ code: 'unavailable' });
    expect(vi.getTimerCount()).toBe(0);
  });

  it('is refused when its time is over also to who has had no room for it', async () => {
    const slow = reader();
    slow.backlog.hasRoom = false;
    const parked = ask(slow, { isAsked: true });
    vi.advanceTimersByTime(MAX_WAIT_MS);
    await expect(parked).rejects.toMatchObject({ code: 'unavailable' });
    expect([past.isParked(slow), past.size, asked]).toEqual([false, 0, 0]);
  });

  it('is refused to all who wait for it when it is closed', async () => {
    const waiting = [reader(), reader()].flatMap((one) => [ask(one), ask(one)]);
    past.close();
    for (const read of waiting) await expect(read).rejects.toMatchObject({ code: 'closed' });
    expect([past.size, vi.getTimerCount()]).toEqual([0, 0]);
  });

  it('is not read for who has waited for too long, and read on for the others', async () => {
    const blockers = Array.from({ length: IN_FLIGHT }, (_, i) => ask(reader(), { before: i + 1 }));
    await turns();
    const ann = reader();
    const expired = Promise.allSettled([ask(ann, { room: 'a' }), ask(ann, { room: 'b' })]);
    await turns();
    vi.advanceTimersByTime(MAX_WAIT_MS - 1000);
    const last = ask(ann, { room: 'c' });
    vi.advanceTimersByTime(1000);
    for (const { status, reason } of (await expired) as PromiseRejectedResult[]) {
      expect({ status, reason: reason as unknown }).toMatchObject({
        status: 'rejected',
        reason: { code: 'unavailable' },
      });
    }
    for (const { answer } of open.splice(0)) answer();
    await Promise.all(blockers);
    await turns();
    expect(open.map(({ room }) => room)).toEqual(['c']);
    open[0]?.answer();
    await last;
    expect(await count('history_reads_spared_total{why="expired"}')).toBe(2);
  });

  it('refuses what one asks for too much of, and what all want too much of', async () => {
    const ann = reader();
    for (let i = 0; i < MAX_ASKED + 1; i += 1) {
      void ask(ann, { before: i + 1, isAsked: true });
      // The first of them is being read then, and waits no more.
      if (i === 0) await turns();
    }
    await expect(ask(ann, { isAsked: true })).rejects.toMatchObject({ code: 'rateLimited' });
    for (let i = past.size; i < MAX_WAITING; i += 1) void ask(reader(), { before: i + 1 });
    await expect(ask(reader())).rejects.toMatchObject({ code: 'unavailable' });
    expect(await count('history_reads_spared_total{why="refused"}')).toBe(2);
    expect(past.size).toBe(MAX_WAITING);
  });

  it('waits for all that one does not ask for by itself: it may have joined many rooms', async () => {
    const ann = reader();
    for (let i = 0; i < 2 * MAX_ASKED; i += 1) {
      past.read(ann, { room: 'pit', page: () => ({ limit: i }) }).catch(() => undefined);
    }
    expect(past.size).toBe(2 * MAX_ASKED);
    await expect(ask(ann, { isAsked: true })).rejects.toMatchObject({ code: 'rateLimited' });
  });

  it('goes on where the broker fails', async () => {
    const ann = reader();
    const [failed, next] = [ask(ann, { before: 1 }), ask(ann, { before: 2 })];
    await turns();
    open.shift()?.fail(new OutcryError('unavailable', 'away'));
    await expect(failed).rejects.toThrow('away');
    await turns();
    open.shift()?.answer();
    expect(await next).toBe(HISTORY);
  });

  interface Question {
    readonly room?: string;
    readonly before?: number;
    readonly maxBytes?: number;
    readonly isAsked?: boolean;
  }

  function ask(
    who: PastReader,
    { room = 'pit', before, maxBytes, isAsked = false }: Question = {},
  ): Promise<RoomHistory> {
    const read = past.read(who, { room, page: () => ({ before, limit: 10, maxBytes }), isAsked });
    // At the end of a test some still wait.
    read.catch(() => undefined);
    return read;
  }

  async function count(name: string): Promise<number> {
    const line = (await metrics.registry.metrics())
      .split('\n')
      .find((text) => text.startsWith(`outcry_gateway_${name} `));
    return Number(line?.split(' ').at(-1));
  }
});

function reader(): { backlog: { hasRoom: boolean } } {
  return { backlog: { hasRoom: true } };
}

/** Whatever can go on without an answer from the broker has gone on. */
async function turns(): Promise<void> {
  for (let turn = 0; turn < 5; turn += 1) await new Promise((resolve) => setImmediate(resolve));
}
