import { createMemoryBackplane, type Backplane, type RoomHistory } from '@outcry/broker';
import { createCodecs, encodeMessageHead, encodePayload } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Coalescer } from '../fanout/coalescer.ts';
import { createLogger } from '@outcry/service';
import { GatewayMetrics } from '../observability/metrics.ts';
import { FakeTransport } from '../testing/fake-transport.ts';
import type { CatchUp } from './catch-up.ts';
import { Past } from './past.ts';
import { RoomDirectory } from './room-directory.ts';
import { RoomRules } from './room-rules.ts';
import { ALL_RIGHTS } from '../identity/rights/room-rights.ts';

/** Of messages as the last tests publish them, three are in a page. */
const PAGE_BYTES = 4000;
const LARGE = 'x'.repeat(1000);

const retention = { count: 100, ms: 60_000 };
const rules = new RoomRules([], {
  retention,
  presence: true,
  publish: 'members',
  signal: 'members',
  readHistory: true,
  users: ALL_RIGHTS,
  guests: ALL_RIGHTS,
});

describe('catching up', () => {
  let backplane: Backplane;
  let rooms: RoomDirectory;

  beforeEach(async () => {
    backplane = createMemoryBackplane();
    const fanout = { publisher: new FakeTransport(), codecs: createCodecs(), metrics: new GatewayMetrics() };
    const coalescer = new Coalescer({ windowMs: () => 0, maxBytes: 1 });
    const logger = createLogger({ level: 'silent', fields: {} });
    const past = new Past({ broker: backplane.broker, rules, metrics: fanout.metrics, pageBytes: PAGE_BYTES });
    rooms = new RoomDirectory({ broker: backplane.broker, fanout, coalescer, logger, past });
    await backplane.start({
      handleMessage: (message) => {
        rooms.relay(message);
      },
      handleSignal: () => undefined,
      handleReset: (room, position) => {
        rooms.reset(room, position);
      },
      handleStatus: () => undefined,
    });
  });
  afterEach(async () => {
    rooms.close();
    await backplane.close();
  });

  async function publish(count: number, data: unknown = 1): Promise<void> {
    for (let i = 0; i < count; i++) {
      const head = encodeMessageHead({ room: 'lobby', from: 'ann', at: 1, data: encodePayload(data) });
      await backplane.broker.publish({ room: 'lobby', head, origin: 'c1', retention });
    }
  }

  async function join(request: { since?: { epoch: string; seq: number }; history?: number }): Promise<CatchUp> {
    let missed: CatchUp | undefined;
    await rooms.join(
      'lobby',
      { since: request.since, history: request.history ?? 0 },
      {
        reader: { backlog: { hasRoom: true } },
        admit: (_room, result) => {
          missed = result;
          return true;
        },
      },
    );
    if (missed === undefined) throw new Error('not admitted');
    return missed;
  }

  const seqs = ({ messages }: CatchUp): readonly number[] => messages.map(({ position }) => position.seq);

  it('begins at the head where no history is wanted', async () => {
    await publish(3);
    expect(await join({})).toMatchObject({ from: { seq: 3 }, messages: [], isRecovered: false });
  });

  it('replays the newest messages, and begins right before them', async () => {
    await publish(10);
    const missed = await join({ history: 4 });
    expect(seqs(missed)).toEqual([7, 8, 9, 10]);
    expect(missed).toMatchObject({ from: { seq: 6 }, isRecovered: false });
  });

  it('recovers exactly what was missed', async () => {
    await publish(10);
    const { epoch } = (await join({})).from;
    const missed = await join({ since: { epoch, seq: 6 }, history: 50 });
    expect(seqs(missed)).toEqual([7, 8, 9, 10]);
    expect(missed).toMatchObject({ from: { epoch, seq: 6 }, isRecovered: true, isRolledBack: false });
  });

  it('recovers nothing where nothing was missed', async () => {
    await publish(10);
    const { epoch } = (await join({})).from;
    expect(await join({ since: { epoch, seq: 10 } })).toMatchObject({ messages: [], isRecovered: true });
  });

  it.each([
    ['another epoch', 'other', 9],
    ['a position past retention', undefined, 3],
  ])('starts afresh from %s', async (_what, otherEpoch, seq) => {
    await publish(retention.count + 10);
    const { epoch } = (await join({})).from;
    const missed = await join({ since: { epoch: otherEpoch ?? epoch, seq }, history: 2 });
    expect(missed).toMatchObject({ isRecovered: false, isRolledBack: false });
    expect(seqs(missed)).toEqual([109, 110]);
  });

  it('recovers from an earlier epoch where the room went on from that, under the present one', async () => {
    await publish(10);
    const { epoch } = (await join({})).from;
    const readHistory = backplane.broker.readHistory.bind(backplane.broker);
    const read = vi.spyOn(backplane.broker, 'readHistory').mockImplementation(async (...args) => ({
      ...(await readHistory(...args)),
      isContinued: true,
    }));
    const missed = await join({ since: { epoch: 'earlier', seq: 8 } });
    expect(read.mock.calls[0]?.[1]).toMatchObject({ after: 8, epoch: 'earlier' });
    expect(missed).toMatchObject({ from: { epoch, seq: 8 }, isRecovered: true });
    expect(seqs(missed)).toEqual([9, 10]);
  });

  it('replays nothing to a client that is past what the broker has', async () => {
    await publish(10);
    const { epoch } = (await join({})).from;
    const missed = await join({ since: { epoch, seq: 12 }, history: 2 });
    expect(missed).toEqual({
      from: { epoch, seq: 10 },
      messages: [],
      isRecovered: false,
      isRolledBack: true,
    });
  });

  it('replays a page from the oldest on where more is wanted, and no more than that', async () => {
    await publish(10, LARGE);
    const missed = await join({ history: 8 });
    expect(seqs(missed)).toEqual([3, 4, 5]);
    expect(missed).toMatchObject({ from: { seq: 2 }, isRecovered: false });
  });

  it('recovers by a page where more was missed, and nothing where the oldest of it is gone', async () => {
    await publish(10, LARGE);
    const { epoch } = (await join({})).from;
    const missed = await join({ since: { epoch, seq: 4 } });
    expect(seqs(missed)).toEqual([5, 6, 7]);
    expect(missed).toMatchObject({ from: { epoch, seq: 4 }, isRecovered: true });
    await publish(retention.count, LARGE);
    expect(await join({ since: { epoch, seq: 4 } })).toMatchObject({ messages: [], isRecovered: false });
  });

  it('takes what is relayed while history is being read from the tail', async () => {
    await publish(5);
    await join({});
    const readHistory = backplane.broker.readHistory.bind(backplane.broker);
    vi.spyOn(backplane.broker, 'readHistory').mockImplementationOnce(async (...args): Promise<RoomHistory> => {
      const stored = await readHistory(...args);
      await publish(3);
      // The relay must have seen them before the answer arrives: that is the race this is about.
      await vi.waitUntil(() => rooms.get('lobby')?.position?.seq === 8);
      return stored;
    });
    const missed = await join({ history: 4 });
    expect(seqs(missed)).toEqual([5, 6, 7, 8]);
  });
});
