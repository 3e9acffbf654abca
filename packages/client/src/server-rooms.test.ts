import { Encoding } from '@outcry/protocol';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import type { Room } from './room.ts';
import type { RoomEvent } from './room-events.ts';
import { ClientHarness } from './testing/client-harness.ts';

describe.each([Encoding.Json, Encoding.Msgpack])('rooms that the server puts a client into (%s)', (encoding) => {
  let harness: ClientHarness;
  let rooms: Room[];
  beforeEach(async () => {
    harness = new ClientHarness({ encoding });
    rooms = [];
    harness.client.onRoom((room) => rooms.push(room));
    await harness.goLive();
  });
  afterEach(() => {
    harness.end();
  });

  function put(room: string, seq = 0): void {
    harness.socket.receive({ type: 'joined', room, epoch: 'e', recovered: false, seq });
  }

  function say(room: string, seq: number): void {
    harness.socket.receive({ type: 'message', room, from: 'server', at: 1, data: seq, seq });
  }

  function only(): Room {
    const [room] = rooms;
    if (room === undefined || rooms.length > 1) expect.fail(`${String(rooms.length)} rooms`);
    return room;
  }

  /** All that comes of a room, from now on. */
  function read(room: Room): { events: RoomEvent[]; ended: Promise<unknown> } {
    const events: RoomEvent[] = [];
    const ended = (async () => {
      for await (const event of room.events()) events.push(event);
    })().catch((error: unknown) => error);
    return { events, ended };
  }

  it('are called back with, and their messages wait for the first iteration', async () => {
    put('team', 7);
    say('team', 8);
    await harness.platform.pass(0);
    const room = only();
    expect([room.name, room.status, room.position]).toEqual(['team', 'joined', { epoch: 'e', seq: 8 }]);
    await expect(room.joined).resolves.toEqual({ epoch: 'e', seq: 7 });
    const { events } = read(room);
    say('team', 9);
    await harness.platform.pass(0);
    expect(events).toMatchObject([
      { type: 'joined', position: { epoch: 'e', seq: 7 }, isResumed: false, isReconnected: false },
      { type: 'message', seq: 8 },
      { type: 'message', seq: 9 },
    ]);
  });

  it('resume on the next connection, whether or not the server puts the client there again', async () => {
    put('team', 7);
    say('team', 8);
    const { events } = read(only());
    harness.socket.lose(1006);
    await harness.platform.pass(1000);
    await harness.goLive();
    expect(harness.socket.of('join')).toMatchObject([{ room: 'team', since: { epoch: 'e', seq: 8 } }]);
    put('team', 9);
    harness.joined('team', 8, { recovered: true });
    say('team', 9);
    await harness.platform.pass(0);
    expect(events.slice(2)).toMatchObject([
      { type: 'away' },
      { type: 'joined', isResumed: true, isRecovered: true, isReconnected: true },
      { type: 'message', seq: 9 },
    ]);
    expect(rooms).toHaveLength(1);
  });

  it('fail where they may not be joined again on the next connection', async () => {
    put('team');
    const { ended } = read(only());
    harness.socket.lose(1006);
    await harness.platform.pass(1000);
    await harness.goLive();
    const [join] = harness.socket.of('join');
    harness.socket.receive({ type: 'error', id: join?.id ?? 0, code: 'forbidden', message: 'no', retryable: false });
    await expect(ended).resolves.toMatchObject({ code: 'forbidden' });
    expect(only().status).toBe('failed');
  });

  it('are left as others are, and come anew', async () => {
    put('team');
    only().leave();
    expect(harness.socket.of('leave')).toMatchObject([{ room: 'team' }]);
    put('team', 3);
    await harness.platform.pass(0);
    expect(rooms.map(({ status, position }) => [status, position?.seq])).toEqual([
      ['left', 0],
      ['joined', 3],
    ]);
  });

  it('are not those that are open, nor its own', async () => {
    const lobby = harness.client.join('lobby');
    put('lobby', 4);
    for (const own of ['@all', '@ann']) put(own);
    await harness.platform.pass(0);
    expect([rooms, lobby.status]).toEqual([[], 'joining']);
    harness.joined('lobby', 5);
    put('lobby', 6);
    say('lobby', 6);
    await harness.platform.pass(0);
    expect([rooms, lobby.status, lobby.position?.seq]).toEqual([[], 'joined', 6]);
  });

  it('are not those that it has left while its join was under way', async () => {
    harness.client.join('lobby').leave();
    harness.joined('lobby', 5);
    await harness.platform.pass(0);
    expect(rooms).toEqual([]);
  });

  it('take a client of theirs out, however it has come in', async () => {
    put('team');
    const lobby = harness.client.join('lobby');
    harness.joined('lobby', 0);
    await harness.platform.pass(0);
    const [team, other] = [read(only()), read(lobby)];
    const waiting = lobby.publish('x');
    for (const room of ['team', 'lobby']) harness.socket.receive({ type: 'left', room });
    const why = { code: 'left', message: 'the server has taken this client out of the room' };
    await expect(waiting).rejects.toMatchObject(why);
    await expect(team.ended).resolves.toMatchObject(why);
    await expect(other.ended).resolves.toMatchObject(why);
    await harness.platform.pass(10_000);
    expect(harness.socket.of('join')).toHaveLength(1);
    expect([only().status, lobby.status]).toEqual(['failed', 'failed']);
    const again = harness.client.join('lobby');
    await harness.platform.pass(0);
    harness.joined('lobby', 1);
    await expect(again.joined).resolves.toEqual({ epoch: 'e', seq: 1 });
  });

  it('take it out while its join is under way, too', async () => {
    const lobby = harness.client.join('lobby');
    await harness.platform.pass(0);
    harness.socket.receive({ type: 'left', room: 'lobby' });
    await expect(lobby.joined).rejects.toMatchObject({ code: 'left' });
  });
});

it('passes over rooms that nobody wants to hear of', async () => {
  const harness = new ClientHarness();
  await harness.goLive();
  harness.socket.receive({ type: 'joined', room: 'team', epoch: 'e', recovered: false, seq: 0 });
  const rooms: Room[] = [];
  harness.client.onRoom((room) => rooms.push(room));
  await harness.platform.pass(0);
  expect(rooms).toEqual([]);
  const room = harness.client.join('team');
  await harness.platform.pass(0);
  harness.joined('team', 0);
  await expect(room.joined).resolves.toEqual({ epoch: 'e', seq: 0 });
  harness.end();
});
