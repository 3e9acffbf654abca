import type { RoomMessage } from '@outcry/broker';
import { createCodecs, encodePayload, Encoding, type Position } from '@outcry/protocol';
import { beforeEach, describe, expect, it, onTestFinished, vi } from 'vitest';

import type { RelayTracing } from '../fanout/audience.ts';
import { Coalescer } from '../fanout/coalescer.ts';
import { GatewayMetrics } from '../observability/metrics.ts';
import { type FakeSocket, FakeTransport } from '../testing/fake-transport.ts';
import { Room } from './room.ts';
import type { RoomMember } from './room-member.ts';

const EPOCH = 'e1';
const START: Position = { epoch: EPOCH, seq: 0 };

interface Guest extends RoomMember {
  readonly socket: FakeSocket;
}

describe('Room', () => {
  let transport: FakeTransport;
  let metrics: GatewayMetrics;
  let room: Room;

  beforeEach(() => {
    transport = new FakeTransport();
    metrics = new GatewayMetrics();
    room = create(new Coalescer({ windowMs: () => 0, maxBytes: 1 }));
  });

  function create(coalescer: Coalescer, tracing?: RelayTracing): Room {
    return new Room('lobby', { publisher: transport, codecs: createCodecs(), metrics, tracing }, coalescer);
  }

  /** A room whose messages are held: the window behind a burst has begun, and is not over before the test is. */
  async function createHolding(): Promise<Room> {
    const coalescer = new Coalescer({ windowMs: () => 600_000, maxBytes: 1_000_000 });
    onTestFinished(() => {
      coalescer.close();
    });
    coalescer.hold({ flush: () => undefined }, 1);
    for (let turn = 0; turn < 3; turn += 1) await new Promise((resolve) => setImmediate(resolve));
    return create(coalescer);
  }

  function guest(connection: string, wishes: Partial<RoomMember> = {}): Guest {
    const { encoding = Encoding.Json } = wishes;
    return {
      socket: transport.connect(encoding),
      encoding,
      connection,
      wantsEcho: true,
      wantsPresence: false,
      ...wishes,
    } as Guest;
  }

  function member(connection: string, wishes: Partial<RoomMember> = {}): Guest {
    const came = guest(connection, wishes);
    room.add(came);
    return came;
  }

  function message(seq: number, origin = ''): RoomMessage {
    const frame = createCodecs().msgpack.encodeServer({
      type: 'message',
      room: 'lobby',
      seq,
      at: 1,
      from: 'ann',
      data: encodePayload(seq),
    });
    return { room: 'lobby', position: { epoch: EPOCH, seq }, at: 1, origin, frame: frame as Buffer };
  }

  /** Who said it, in msgpack, for those who want to know. */
  function known(seq: number, origin = ''): RoomMessage {
    return { ...message(seq, origin), info: encodePayload({ name: 'Ann' }) };
  }

  it('tells those who want to know who speaks, once for each encoding, and is the same to the others', () => {
    const plain = [member('a'), member('b', { encoding: Encoding.Msgpack })];
    const informed = [
      member('c', { wantsInfo: true }),
      member('d', { wantsInfo: true, encoding: Encoding.Msgpack }),
      member('e', { wantsInfo: true }),
    ];
    room.begin(START);
    transport.publishCount = 0;
    room.relay(known(1));
    expect(transport.publishCount).toBe(4);
    room.relay(message(2));
    for (const { socket } of plain) {
      expect(socket.framesOf('message').map((frame) => 'info' in frame)).toEqual([false, false]);
    }
    for (const { socket } of informed) {
      expect(socket.framesOf('message').map(({ info }) => info)).toEqual([{ name: 'Ann' }, undefined]);
    }
  });

  it('leaves out whom it does not echo to, and tells everybody what becomes of the room, whatever they want to know', () => {
    const [plain, informed] = [member('a', { wantsEcho: false }), member('b', { wantsEcho: false, wantsInfo: true })];
    room.begin(START);
    room.relay(known(1, 'a'));
    room.relay(known(2, 'b'));
    room.markStale();
    room.markFresh();
    room.reset({ epoch: EPOCH, seq: 2 });
    expect(told(plain)).toEqual(['2', 'stale', 'fresh', 'reset']);
    expect(told(informed)).toEqual(['1', 'stale', 'fresh', 'reset']);
  });

  it('ends and begins delivery again to somebody who wants to know who speaks', () => {
    const informed = member('a', { wantsInfo: true });
    room.begin(START);
    room.holdBack(informed);
    room.relay(known(1));
    room.resume(informed, 'caughtUp');
    room.relay(known(2));
    room.remove(informed);
    room.relay(known(3));
    expect(told(informed)).toEqual(['2']);
  });

  describe('follows a trace', () => {
    const traceparent = `00-${'a'.repeat(32)}-${'b'.repeat(16)}-01`;
    const trace = { traceId: 'a'.repeat(32), parentId: 'c'.repeat(16), spanId: 'd'.repeat(16), receivedAt: 1 };
    const end = vi.fn<(recipients: number) => void>();
    const relay = vi.fn<RelayTracing['relay']>();
    beforeEach(() => {
      end.mockReset();
      relay.mockReset().mockReturnValue({ traceparent, end });
      room = create(new Coalescer({ windowMs: () => 0, maxBytes: 1 }), { relay });
      room.begin(START);
    });
    const parts = ({ socket }: Guest): readonly unknown[] =>
      socket.framesOf('message').map((frame) => [frame.seq, frame.info, frame.traceparent]);
    const recipients = (): readonly number[] => end.mock.calls.map(([count]) => count);

    it('into each of its members, whatever they want to know, and says how many those are', () => {
      room.relay({ ...message(1), trace });
      const plain = [member('a'), member('b', { encoding: Encoding.Msgpack, wantsEcho: false })];
      room.relay({ ...known(2), trace });
      const informed = [
        member('c', { wantsInfo: true }),
        member('d', { wantsInfo: true, encoding: Encoding.Msgpack, wantsEcho: false }),
      ];
      room.relay({ ...known(3), trace });
      room.relay({ ...message(4), trace });
      for (const guest of plain) {
        expect(parts(guest)).toEqual([2, 3, 4].map((seq) => [seq, undefined, traceparent]));
      }
      for (const guest of informed) {
        expect(parts(guest)).toEqual([
          [3, { name: 'Ann' }, traceparent],
          [4, undefined, traceparent],
        ]);
      }
      expect(recipients()).toEqual([0, 2, 4, 4]);
    });

    it('not into who gets no echo of its own', () => {
      const [plain, informed] = [member('a', { wantsEcho: false }), member('b', { wantsEcho: false, wantsInfo: true })];
      room.relay({ ...known(1, 'a'), trace });
      room.relay({ ...known(2, 'b'), trace });
      expect([told(plain), told(informed)]).toEqual([['2'], ['1']]);
      expect(recipients()).toEqual([1, 1]);
    });

    it('only where there is one, and it is not one too many', () => {
      const plain = member('a');
      room.relay(message(1));
      expect(relay).not.toHaveBeenCalled();
      relay.mockReturnValue(undefined);
      room.relay({ ...message(2), trace });
      expect(parts(plain)).toEqual([1, 2].map((seq) => [seq, undefined, undefined]));
      expect(end).not.toHaveBeenCalled();
    });

    it('where nobody is told of any to nothing but the message', () => {
      room = create(new Coalescer({ windowMs: () => 0, maxBytes: 1 }));
      room.begin(START);
      const plain = member('a');
      room.relay({ ...message(1), trace });
      expect(parts(plain)).toEqual([[1, undefined, undefined]]);
    });
  });

  const told = ({ socket }: Guest): string[] =>
    socket.frames.map((frame) => (frame.type === 'message' ? String(frame.seq) : frame.type));
  const count = async (name: 'roomsHeldBack' | 'roomsReleased'): Promise<unknown> =>
    (await metrics[name].get()).values
      .filter(({ value }) => value > 0)
      .map(({ labels, value }) => [...Object.values(labels), value]);

  it('relays what came before the news of where delivery begins, and nothing of before that', () => {
    const ann = member('a');
    for (const seq of [3, 4, 5]) room.relay(message(seq));
    room.flush();
    expect([told(ann), room.position]).toEqual([[], undefined]);
    room.begin({ epoch: EPOCH, seq: 4 });
    expect(told(ann)).toEqual(['5']);
    expect(room.position).toEqual({ epoch: EPOCH, seq: 5 });
  });

  it('tells its members everything in one order, and those who have gone nothing', () => {
    room.begin(START);
    const [ann, ben] = [member('a'), member('b')];
    room.relay(message(1));
    room.remove(ben);
    room.remove(ben);
    room.relay(message(2));
    expect([told(ann), told(ben)]).toEqual([['1', '2'], ['1']]);
    expect(room.hasMembers()).toBe(true);
    room.remove(ann);
    expect(room.hasMembers()).toBe(false);
  });

  it('gives a publisher no echo where it wants none, and everybody else the message', () => {
    room.begin(START);
    const [loud, quiet] = [member('a'), member('b', { wantsEcho: false })];
    room.relay(message(1, 'a'));
    room.relay(message(2, 'b'));
    room.relay(message(3, 'elsewhere'));
    expect([told(loud), told(quiet)]).toEqual([
      ['1', '2', '3'],
      ['1', '3'],
    ]);
  });

  it('gives one that is held back nothing, also of its own, and goes on where it is resumed', async () => {
    room.begin(START);
    const [ann, slow] = [member('a'), member('b', { wantsEcho: false })];
    const publishToOthers = vi.spyOn(slow.socket, 'publishToOthers');
    room.holdBack(slow);
    room.relay(message(1));
    room.relay(message(2, 'b'));
    // Who follows nothing cannot be left out: some transports would leave out everybody.
    expect(publishToOthers).not.toHaveBeenCalled();
    room.resume(slow, 'caughtUp');
    room.relay(message(3));
    room.relay(message(4, 'b'));
    expect([told(ann), told(slow)]).toEqual([['1', '2', '3', '4'], ['3']]);
    expect(await count('roomsHeldBack')).toEqual([[1]]);
    expect(await count('roomsReleased')).toEqual([['caughtUp', 1]]);
  });

  it('lets one that is held back leave, and owes it nothing then', async () => {
    room.begin(START);
    const slow = member('b');
    room.holdBack(slow);
    room.remove(slow);
    expect(await count('roomsReleased')).toEqual([['left', 1]]);
    expect(room.hasMembers()).toBe(false);
    const ann = member('a');
    room.remove(ann);
    room.relay(message(1));
    expect([told(slow), told(ann)]).toEqual([[], []]);
    expect(await count('roomsReleased')).toEqual([['left', 1]]);
  });

  it('hands on signals behind the messages before them, to all but who sent them', async () => {
    room = await createHolding();
    room.begin(START);
    const [ann, slow] = [member('a'), member('c')];
    const ben = member('b', { encoding: Encoding.Msgpack });
    room.relay(message(1));
    room.flush();
    room.holdBack(slow);
    room.relay(message(2));
    expect(told(ann)).toEqual(['1']);
    const frame = createCodecs().msgpack.encodeServer({
      type: 'signal',
      room: 'lobby',
      from: 'ann',
      name: 'typing',
      data: encodePayload(1),
    });
    room.relaySignal({ room: 'lobby', origin: 'a', frame: frame as Buffer });
    room.relaySignal({ room: 'lobby', origin: 'c', frame: frame as Buffer });
    expect([told(ann), told(ben), told(slow)]).toEqual([['1', '2', 'signal'], ['1', '2', 'signal', 'signal'], ['1']]);
  });

  it('tells who comes and goes to those who want to know, also where they are held back', () => {
    room.begin(START);
    const event = { room: 'lobby', user: 'cy', change: 'joined', count: 3 } as const;
    room.relayMember(event);
    expect(room.latestMember).toEqual(event);
    const [plain, curious, gone] = [member('a'), member('b', { wantsPresence: true }), member('c')];
    room.remove(gone);
    room.holdBack(curious);
    room.relayMember(event);
    expect([told(plain), told(curious)]).toEqual([[], ['member']]);
    room.remove(curious);
    room.relayMember(event);
    expect(told(curious)).toEqual(['member']);
  });

  it('ends no window for who comes and goes where nobody wants to know any more', async () => {
    room = await createHolding();
    room.begin(START);
    const [plain, curious] = [member('a'), member('b', { wantsPresence: true })];
    room.remove(curious);
    for (const seq of [1, 2]) room.relay(message(seq));
    room.relayMember({ room: 'lobby', user: 'cy', change: 'joined', count: 3 });
    expect(told(plain)).toEqual([]);
    room.flush();
    expect(told(plain)).toEqual(['1', '2']);
  });

  it.each([
    [
      'a reset',
      (): void => {
        room.reset({ epoch: 'e2', seq: 7 });
      },
      'reset',
    ],
    [
      'staleness',
      (): void => {
        room.markStale();
      },
      'stale',
    ],
    [
      'who comes',
      (): void => {
        room.relayMember({ room: 'lobby', user: 'cy', change: 'joined', count: 3 });
      },
      'member',
    ],
  ] as const)('tells of %s behind the messages before it', async (_what, happen, type) => {
    room = await createHolding();
    room.begin(START);
    const ann = member('a', { wantsPresence: true });
    for (const seq of [1, 2]) room.relay(message(seq));
    expect(told(ann)).toEqual([]);
    happen();
    expect(told(ann)).toEqual(['1', '2', type]);
  });

  it('is at the position of the last that it has handed on, of its epoch alone', () => {
    expect(room.isAt(START)).toBe(false);
    room.begin(START);
    expect([room.isAt(START), room.isAt({ epoch: 'e0', seq: 0 })]).toEqual([true, false]);
    room.relay(message(1));
    expect([room.isAt(START), room.isAt({ epoch: EPOCH, seq: 1 })]).toEqual([false, true]);
  });

  it('goes on behind a reset, from the position that it tells', () => {
    room.begin(START);
    const ann = member('a');
    room.reset({ epoch: 'e2', seq: 7 });
    expect(ann.socket.frames).toEqual([{ type: 'reset', room: 'lobby', epoch: 'e2', seq: 7 }]);
    expect(room.position).toEqual({ epoch: 'e2', seq: 7 });
    room.reset({ epoch: 'e3', seq: 7 }, true);
    expect(ann.socket.frames[1]).toEqual({ type: 'reset', room: 'lobby', epoch: 'e3', seq: 7, recovered: true });
    expect(room.position).toEqual({ epoch: 'e3', seq: 7 });
  });

  it('says once that it is fresh again, behind what was held, and only where it was stale', async () => {
    room = await createHolding();
    room.begin(START);
    const ann = member('a');
    room.markFresh();
    expect([told(ann), room.isStale]).toEqual([[], false]);
    room.markStale();
    expect(room.isStale).toBe(true);
    for (const seq of [1, 2]) room.relay(message(seq));
    expect(told(ann)).toEqual(['stale']);
    room.markFresh();
    room.markFresh();
    expect([told(ann), room.isStale]).toEqual([['stale', '1', '2', 'fresh'], false]);
  });

  it('keeps for those who join what it relays meanwhile, and only then', () => {
    room.begin(START);
    room.relay(message(1));
    room.tail.open();
    room.relay(message(2));
    expect(room.tail.after(0)).toHaveLength(1);
    room.reset({ epoch: EPOCH, seq: 5 });
    expect(room.tail.breaks).toBe(1);
    room.tail.close();
  });
});
