import { type Backplane, createMemoryBackplane, OutcryError, type RoomHistory, type RoomMessage } from '@outcry/broker';
import { createCodecs, encodePayload } from '@outcry/protocol';
import { createLogger } from '@outcry/service';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Coalescer } from '../fanout/coalescer.ts';
import { ALL_RIGHTS } from '../identity/rights/room-rights.ts';
import { GatewayMetrics } from '../observability/metrics.ts';
import { EVERYTHING, partOf } from '../testing/broker-parts.ts';
import { createTestGateway, type TestClient, type TestGateway } from '../testing/create-services.ts';
import { FakeTransport } from '../testing/fake-transport.ts';
import { ArchiveAbsence } from './archive-absence.ts';
import type { CatchUp, CatchUpRequest } from './catch-up.ts';
import { Past } from './past.ts';
import type { Room } from './room.ts';
import { RoomDirectory, type RoomDirectoryOptions, type Visitor } from './room-directory.ts';
import { RoomRules } from './room-rules.ts';

describe('RoomDirectory', () => {
  let gateway: TestGateway;
  let client: TestClient;

  beforeEach(async () => {
    gateway = await createTestGateway();
    client = gateway.connect('ann');
    await vi.waitUntil(() => client.socket.framesOf('joined').length === 2);
  });
  afterEach(async () => {
    await gateway.stop();
  });

  const aboutLobby = (): readonly string[] =>
    client.socket.frames.flatMap((frame) => ('room' in frame && frame.room === 'lobby' ? [frame.type] : []));

  async function join(): Promise<void> {
    client.send({ type: 'join', room: 'lobby' });
    await vi.waitUntil(() => aboutLobby().includes('joined'));
  }

  it('tells a member that comes while the broker is not heard, also into a room that nobody was in', async () => {
    gateway.services.rooms.showStatus('down', EVERYTHING);
    await join();
    expect(aboutLobby()).toEqual(['joined', 'stale']);
    gateway.services.rooms.showStatus('up', EVERYTHING);
    expect(aboutLobby()).toEqual(['joined', 'stale', 'fresh']);
  });

  it('tells its members when the broker is not heard any more, and when it is again', async () => {
    await join();
    gateway.services.rooms.showStatus('down', EVERYTHING);
    expect(aboutLobby()).toEqual(['joined', 'stale']);
    gateway.services.rooms.showStatus('up', EVERYTHING);
    expect(aboutLobby()).toEqual(['joined', 'stale', 'fresh']);
  });

  it('hands on to a room what the broker has for it, and to no other', async () => {
    client.send({ type: 'join', room: 'lobby', presence: true });
    await vi.waitUntil(() => aboutLobby().includes('joined'));
    const { rooms } = gateway.services;
    const before = aboutLobby().length;
    const frame = createCodecs().msgpack.encodeServer({
      type: 'signal',
      room: 'lobby',
      from: 'ben',
      name: 'typing',
      data: encodePayload(1),
    }) as Buffer;
    for (const room of ['lobby', 'hall']) {
      rooms.relaySignal({ room, origin: 'elsewhere', frame });
      rooms.relayMember({ room, user: 'ben', change: 'left', count: 1 });
      rooms.reset(room, { epoch: 'e', seq: 4 });
    }
    expect(aboutLobby().slice(before)).toEqual(['signal', 'member', 'reset']);
    expect([rooms.get('lobby')?.position, rooms.get('hall')]).toEqual([{ epoch: 'e', seq: 4 }, undefined]);
  });

  it('counts and logs where a room is not whole, and not where it only has another epoch', async () => {
    const { rooms, logger, metrics } = gateway.services;
    const warned = vi.spyOn(logger, 'warn');
    await join();
    rooms.reset('lobby', { epoch: 'e', seq: 4 }, true);
    expect(warned).not.toHaveBeenCalled();
    rooms.reset('lobby', { epoch: 'f', seq: 3 });
    expect(warned).toHaveBeenCalledExactlyOnceWith({ room: 'lobby', seq: 3 }, 'room reset');
    expect(await metrics.registry.metrics()).toMatch(/outcry_gateway_room_resets_total 1\n/);
    expect(client.socket.framesOf('reset')).toEqual([
      { type: 'reset', room: 'lobby', epoch: 'e', seq: 4, recovered: true },
      { type: 'reset', room: 'lobby', epoch: 'f', seq: 3 },
    ]);
  });

  it('tells nobody in a room of a part that is heard, whoever is there already and whoever comes', async () => {
    const { rooms } = gateway.services;
    rooms.showStatus('down', partOf('hall'));
    await join();
    rooms.showStatus('up', partOf('hall'));
    rooms.showStatus('down', partOf('hall'));
    expect(aboutLobby()).toEqual(['joined']);
    rooms.showStatus('down', partOf('lobby'));
    expect(aboutLobby()).toEqual(['joined', 'stale']);
  });

  it('says nothing of staleness that has passed', async () => {
    gateway.services.rooms.showStatus('down', EVERYTHING);
    gateway.services.rooms.showStatus('up', EVERYTHING);
    await join();
    expect(aboutLobby()).toEqual(['joined']);
  });
});

describe('the rooms of a node', () => {
  const LINGER_MS = 5000;
  const WANTED = { since: undefined, history: 5 };
  const RULE = { presence: true, publish: 'members', signal: 'members', readHistory: true } as const;
  const retention = { count: 9, ms: 1000 };
  const rules = new RoomRules([], { ...RULE, retention, users: ALL_RIGHTS, guests: ALL_RIGHTS });
  const metrics = new GatewayMetrics();
  const logger = createLogger({ level: 'silent', fields: {} });
  let backplane: Backplane;
  let past: Past;
  let rooms: RoomDirectory;

  beforeEach(async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    backplane = createMemoryBackplane();
    past = new Past({ broker: backplane.broker, rules, metrics, pageBytes: 1000 });
    rooms = directory();
    const nothing = (): void => undefined;
    await backplane.start({
      handleMessage: nothing,
      handleSignal: nothing,
      handleReset: nothing,
      handleStatus: nothing,
    });
  });
  afterEach(async () => {
    rooms.close();
    vi.useRealTimers();
    await backplane.close();
  });

  function directory(options: Partial<RoomDirectoryOptions> = {}): RoomDirectory {
    return new RoomDirectory({
      broker: backplane.broker,
      fanout: { publisher: new FakeTransport(), codecs: createCodecs(), metrics },
      coalescer: new Coalescer({ windowMs: () => 0, maxBytes: 1 }),
      logger,
      past,
      ...options,
    });
  }

  const reader = { backlog: { hasRoom: true } };
  const visitor = (wishes: Partial<Visitor> = {}): Visitor => ({ reader, admit: () => true, ...wishes });
  const message = (room: string, seq = 1): RoomMessage => ({
    room,
    position: { epoch: 'e', seq },
    at: Date.now(),
    origin: '',
    frame: Buffer.alloc(1),
  });

  it('keep a room while somebody is in it, and let it go 5 s after the last', async () => {
    const leave = vi.spyOn(backplane.broker, 'leave');
    await rooms.join('lobby', WANTED, visitor());
    vi.advanceTimersByTime(2 * LINGER_MS);
    expect([rooms.size, rooms.get('lobby')?.name]).toEqual([1, 'lobby']);
    rooms.leave('lobby');
    vi.advanceTimersByTime(LINGER_MS - 1);
    expect(leave).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(leave).toHaveBeenCalledExactlyOnceWith('lobby');
    expect(rooms.size).toBe(0);
  });

  it.each([
    ['who is not let in', visitor({ admit: () => false })],
    ['whose preparations fail', visitor({ prepare: () => Promise.reject(new Error('no')) })],
  ])('keep no room for one %s', async (_who, one) => {
    await rooms.join('lobby', WANTED, one).catch(() => undefined);
    vi.advanceTimersByTime(LINGER_MS);
    expect(rooms.size).toBe(0);
  });

  it('read what a visitor missed when it is prepared, in the room that is delivered by then', async () => {
    const steps: string[] = [];
    vi.spyOn(backplane.broker, 'readHistory').mockImplementation((name, _range, { count }) => {
      steps.push(`read ${String(count)} of ${name}`);
      return Promise.resolve({ head: rooms.get(name)?.position ?? expect.fail(), messages: [], hasMore: false });
    });
    await rooms.join('lobby', WANTED, {
      reader,
      prepare: async ({ position }) => {
        await Promise.resolve();
        steps.push(`prepared at ${String(position?.seq)}`);
      },
      admit: (room, { messages }) => steps.push(`admitted to ${room.name} with ${String(messages.length)}`) > 0,
    });
    expect(steps).toEqual(['prepared at 0', 'read 9 of lobby', 'admitted to lobby with 0']);
  });

  it('count what comes, also for a room that has just been let go', async () => {
    rooms.relay(message('gone'));
    rooms.relaySignal({ room: 'gone', origin: '', frame: Buffer.alloc(1) });
    rooms.relayMember({ room: 'gone', user: 'ann', change: 'left', count: 0 });
    const warn = vi.spyOn(logger, 'warn');
    rooms.reset('gone', { epoch: 'e', seq: 1 });
    rooms.reset('gone', { epoch: 'f', seq: 1 }, true);
    expect(warn).toHaveBeenCalledExactlyOnceWith({ room: 'gone', seq: 1 }, 'room reset');
    expect(metrics.relayed.value).toBe(1);
    const text = await metrics.registry.metrics();
    expect(text).toMatch('outcry_gateway_room_resets_total 1\n');
    // A thousandth of what it would be if milliseconds were taken for seconds.
    expect(text).toMatch('outcry_gateway_relay_lag_seconds_bucket{le="2.5"} 1\n');
  });

  it('tell how late messages come, and no time that is less than none where clocks differ', async () => {
    const own = new GatewayMetrics();
    const late = directory({ fanout: { publisher: new FakeTransport(), codecs: createCodecs(), metrics: own } });
    late.relay({ ...message('lobby'), at: Date.now() + 60_000 });
    expect(await own.registry.metrics()).toMatch('outcry_gateway_relay_lag_seconds_sum 0\n');
    late.relay({ ...message('lobby'), at: Date.now() - 60_000 });
    expect(await own.registry.metrics()).toMatch(/outcry_gateway_relay_lag_seconds_sum 6\d\b/);
  });

  it.each([
    [1000, 1000],
    [1_000_000, 64 * 1024],
  ])(
    'read at once what one is sent at once, out of pages of %i bytes, and next to nothing for who has no room',
    async (pageBytes, part) => {
      past = new Past({ broker: backplane.broker, rules, metrics, pageBytes });
      rooms = directory({ past });
      const read = vi.spyOn(backplane.broker, 'readHistory');
      await rooms.join('lobby', WANTED, visitor());
      await rooms.join('lobby', WANTED, visitor({ reader: { backlog: { hasRoom: false } } }));
      expect(read.mock.calls.map(([, { maxBytes }]) => maxBytes)).toEqual([part, 1]);
    },
  );

  it('read nothing for who does not want to come in any more', async () => {
    const read = vi.spyOn(backplane.broker, 'readHistory');
    const admit = vi.fn(() => true);
    const joining = rooms.join('lobby', WANTED, visitor({ admit, isWaiting: () => false }));
    await expect(joining).rejects.toMatchObject({ code: 'closed' });
    await rooms.join('lobby', WANTED, visitor({ isWaiting: () => true }));
    expect([read.mock.calls.length, admit.mock.calls.length]).toEqual([1, 0]);
  });

  describe('and an archive that is away', () => {
    const PROBE_MS = 500;
    const AWAY = { head: { epoch: 'e', seq: 5 }, messages: [], hasMore: false, isAway: true };
    const THERE = { ...AWAY, isAway: false, messages: [message('lobby', 4), message('lobby', 5)] };
    const RESUMED = { since: { epoch: 'e', seq: 3 }, history: 0 };
    let absence: ArchiveAbsence;
    let pages: RoomHistory[];
    let missed: CatchUp | undefined;

    beforeEach(() => {
      absence = new ArchiveAbsence({ metrics: metrics.archive });
      absence.noteAnswer();
      [pages, missed] = [[AWAY, THERE], undefined];
      vi.spyOn(backplane.broker, 'join').mockResolvedValue(AWAY.head);
      rooms = directory({ absence, past: archived() });
    });
    afterEach(() => {
      absence.close();
    });

    function archived(): RoomDirectoryOptions['past'] {
      const read = (): Promise<RoomHistory> => Promise.resolve(pages.shift() ?? expect.fail('read too often'));
      return { pageBytes: 1000, keptOf: () => 9, read };
    }

    function join(request: CatchUpRequest, wishes: Partial<Visitor> = {}): Promise<void> {
      const admit = (_: Room, what: CatchUp): boolean => {
        missed = what;
        return true;
      };
      return rooms.join('lobby', request, visitor({ admit, ...wishes }));
    }

    it.each<[string, Partial<Visitor>]>([
      ['comes back', {}],
      ['comes back and still wants to come in', { isWaiting: () => true }],
    ])('wait for it for who %s, and let it in with all that it missed', async (_who, wishes) => {
      const joining = join(RESUMED, wishes);
      await vi.waitUntil(() => absence.size === 1);
      expect(missed).toBeUndefined();
      vi.advanceTimersByTime(PROBE_MS);
      await joining;
      expect(missed).toMatchObject({ isRecovered: true, messages: THERE.messages });
      expect([pages.length, absence.size]).toEqual([0, 0]);
    });

    it('wait for it no longer than who comes back does', async () => {
      let isWaiting = true;
      const joining = join(RESUMED, { isWaiting: () => isWaiting });
      await vi.waitUntil(() => absence.size === 1);
      isWaiting = false;
      vi.advanceTimersByTime(PROBE_MS);
      await joining;
      expect(missed).toMatchObject({ isRecovered: false, isAway: true });
      expect(pages).toEqual([THERE]);
    });

    it('wait for nothing where nothing was missed for its sake, or who comes has seen nothing that it would lead on from', async () => {
      pages = [THERE];
      await join(RESUMED);
      expect(missed).toMatchObject({ isRecovered: true, messages: THERE.messages });
      pages = [AWAY];
      await join({ since: undefined, history: 5 });
      expect(missed).toMatchObject({ isRecovered: false, isAway: true });
      expect([pages.length, absence.size]).toEqual([0, 0]);
    });

    it('wait for none where nothing is archived', async () => {
      rooms = directory({ past: archived() });
      expect(await rooms.awaitArchive(performance.now(), () => true)).toBe(false);
      await join(RESUMED);
      expect(missed).toMatchObject({ isRecovered: false, isAway: true });
      expect(pages).toEqual([THERE]);
    });
  });

  it('log a room that cannot be left at the broker, and go on', async () => {
    const warn = vi.spyOn(logger, 'warn');
    const err = new OutcryError('unavailable', 'no');
    vi.spyOn(backplane.broker, 'leave').mockRejectedValue(err);
    await rooms.join('lobby', WANTED, visitor());
    rooms.leave('lobby');
    vi.advanceTimersByTime(LINGER_MS);
    await Promise.resolve();
    await Promise.resolve();
    expect(warn).toHaveBeenCalledWith({ err, room: 'lobby' }, expect.any(String));
  });

  it('leave nothing behind when they are closed', async () => {
    await rooms.join('lobby', WANTED, visitor());
    rooms.leave('lobby');
    rooms.close();
    past.close();
    expect([rooms.size, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
