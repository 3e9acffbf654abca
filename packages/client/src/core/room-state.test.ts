import { beforeEach, describe, expect, it } from 'vitest';

import type { RoomNews } from './room-news.ts';
import { type JoinOptions, RoomState } from './room-state.ts';

let room: RoomState;
let news: RoomNews[];
let lastId: number;

function join(options: JoinOptions): void {
  room = new RoomState({
    ...options,
    nameFor: () => 'lobby',
    emit: (effect) => {
      if (effect.kind === 'room') news.push(effect.news);
    },
    random: () => 0.5,
    listener: () => undefined,
  });
  room.handleWelcome('ann');
  room.takeJoin(0, () => ++lastId, 1);
  room.handleFrame({ type: 'joined', id: lastId, room: 'lobby', epoch: 'e', seq: 10, recovered: false }, 0, 1);
  news.length = 0;
}

function receive(seq: number): void {
  room.handleFrame({ type: 'message', room: 'lobby', from: 'bob', at: 1, data: seq, seq }, 0, 1);
}

beforeEach(() => {
  news = [];
  lastId = 0;
});

describe('a number that does not follow', () => {
  it('makes a member join again from where it is', () => {
    join({});
    receive(12);
    expect(news).toEqual([]);
    expect(room.takeJoin(1, () => ++lastId, 1)).toMatchObject({ type: 'join', since: { epoch: 'e', seq: 10 } });
  });

  it('is what a member sees behind own messages that it did not want back', () => {
    join({ echo: false });
    receive(12);
    expect(news).toMatchObject([{ type: 'message', frame: { seq: 12 } }]);
    expect(room.position).toEqual({ epoch: 'e', seq: 12 });
    expect(room.takeJoin(1, () => ++lastId, 1)).toBeUndefined();
  });
});

describe('an own message that does not come back', () => {
  function stored(seq: number, epoch = 'e'): void {
    room.handleStored({ epoch, seq });
  }

  it('is one that has come, when the room is joined elsewhere', () => {
    join({ echo: false });
    stored(11);
    stored(12);
    expect(room.position).toEqual({ epoch: 'e', seq: 12 });
    stored(14);
    receive(13);
    expect(room.position).toEqual({ epoch: 'e', seq: 14 });
  });

  it('is not told where another connection has it come all the same', () => {
    join({ echo: false });
    stored(12);
    receive(11);
    stored(14);
    expect(room.position).toEqual({ epoch: 'e', seq: 12 });
    for (const seq of [12, 13, 14, 15]) receive(seq);
    expect(news.flatMap((each) => (each.type === 'message' ? [each.frame.seq] : []))).toEqual([11, 13, 15]);
    expect(room.position).toEqual({ epoch: 'e', seq: 15 });
  });

  it.each([
    ['and is not told there, where it goes on in the same numbering', { epoch: 'e', seq: 10 }, [11, 13]],
    ['and hides nothing of its number in another one', { epoch: 'f', seq: 10 }, [11, 12, 13]],
  ])('is known when the room is joined again, %s', (_, position, seqs) => {
    join({ echo: false });
    stored(12);
    room.handleLoss();
    room.handleWelcome('ann');
    room.takeJoin(1, () => ++lastId, 1);
    room.handleFrame({ type: 'joined', id: lastId, room: 'lobby', ...position, recovered: false }, 1, 1);
    for (const seq of [11, 12, 13]) receive(seq);
    expect(news.flatMap((each) => (each.type === 'message' ? [each.frame.seq] : []))).toEqual(seqs);
  });

  it('is not told where it comes all the same, and what follows is', () => {
    join({ echo: false });
    stored(12);
    receive(12);
    receive(13);
    expect(news).toMatchObject([{ type: 'message', frame: { seq: 13 } }]);
  });

  it.each([
    ['goes back', { epoch: 'e', seq: 10 }],
    ['begins anew', { epoch: 'f', seq: 0 }],
  ])('hides nothing that is given its number where the numbering %s', (_, position) => {
    join({ echo: false });
    stored(12);
    room.handleFrame({ type: 'reset', room: 'lobby', ...position }, 1, 1);
    receive(12);
    expect(news).toMatchObject([{ type: 'gap' }, { type: 'message', frame: { seq: 12 } }]);
  });

  it('says nothing of a room that is numbered anew, or has come to it already, or whose own messages come', () => {
    join({ echo: false });
    stored(11, 'f');
    stored(10);
    expect(room.position).toEqual({ epoch: 'e', seq: 10 });
    join({});
    stored(11);
    expect(room.position).toEqual({ epoch: 'e', seq: 10 });
  });
});

describe('a gap', () => {
  function joined(details: { epoch?: string; seq: number; recovered?: boolean }): void {
    room.handleFrame({ type: 'joined', id: lastId, room: 'lobby', epoch: 'e', recovered: false, ...details }, 2_000, 1);
  }

  it.each([
    ['in the same numbering', { reset: { epoch: 'e', seq: 3_000 }, oldest: { epoch: 'e', seq: 2_000 }, missed: 1_990 }],
    ['in another', { reset: { epoch: 'f', seq: 40 }, oldest: { epoch: 'f', seq: 0 }, missed: undefined }],
    [
      'in another that has not come so far',
      { reset: { epoch: 'f', seq: 4 }, oldest: { epoch: 'f', seq: 0 }, missed: undefined },
    ],
  ])('by reset is followed by everything that the room still has, %s', (_, { reset, oldest, missed }) => {
    join({ history: 5 });
    room.handleFrame({ type: 'reset', room: 'lobby', ...reset }, 1_000, 1);
    receive(reset.seq + 1);
    expect([news, room.takeJoin(1_000, () => ++lastId, 1)]).toEqual([[], undefined]);
    room.handleAlarm(room.nextAlarmAt);
    expect(room.takeJoin(2_000, () => ++lastId, 1)).toMatchObject({ since: { epoch: 'e', seq: 10 }, history: 1_000 });
    joined(oldest);
    receive(oldest.seq + 1);
    expect(news).toMatchObject([
      { type: 'joined', isResumed: true, isRecovered: false, isReconnected: false },
      { type: 'gap', reason: 'reset', position: oldest, missed },
      { type: 'message', frame: { seq: oldest.seq + 1 } },
    ]);
  });

  it('by reset is none where everything comes after all', () => {
    join({});
    room.handleFrame({ type: 'reset', room: 'lobby', epoch: 'e', seq: 12 }, 1_000, 1);
    room.handleAlarm(room.nextAlarmAt);
    room.takeJoin(2_000, () => ++lastId, 1);
    joined({ seq: 10, recovered: true });
    expect(news).toMatchObject([{ type: 'joined', isRecovered: true, isReconnected: false }]);
  });

  it('by reset is none, and nothing is asked for, where only the numbering has another name', () => {
    join({});
    room.handleFrame({ type: 'reset', room: 'lobby', epoch: 'f', seq: 10, recovered: true }, 1_000, 1);
    receive(11);
    expect(news).toMatchObject([{ type: 'message', frame: { seq: 11 }, epoch: 'f' }]);
    expect(room.takeJoin(5_000, () => ++lastId, 1)).toBeUndefined();
  });

  it('by a numbering in which nothing was said yet is told at once', () => {
    join({});
    room.handleFrame({ type: 'reset', room: 'lobby', epoch: 'f', seq: 0 }, 1_000, 1);
    expect(news).toEqual([{ type: 'gap', reason: 'reset', position: { epoch: 'f', seq: 0 }, missed: undefined }]);
    expect(room.takeJoin(5_000, () => ++lastId, 1)).toBeUndefined();
  });

  it('after a lost connection is followed by everything, too, and the loss is told while the room is read anew', () => {
    join({ history: 5 });
    room.handleFrame({ type: 'reset', room: 'lobby', epoch: 'e', seq: 3_000 }, 1_000, 1);
    room.handleLoss();
    room.handleLoss();
    room.handleWelcome('ann');
    expect(room.takeJoin(2_000, () => ++lastId, 1)).toMatchObject({ since: { epoch: 'e', seq: 10 }, history: 1_000 });
    joined({ seq: 2_000 });
    expect(news).toMatchObject([
      { type: 'away' },
      { type: 'joined', isReconnected: true },
      { type: 'gap', reason: 'notRecovered', missed: 1_990 },
    ]);
  });
});

describe('a broker that has lost what the member has', () => {
  it('is a gap, behind which the numbers come again', () => {
    join({ since: { epoch: 'e', seq: 12 } });
    receive(11);
    expect(news).toEqual([]);
    room.handleFrame({ type: 'reset', room: 'lobby', epoch: 'e', seq: 11 }, 0, 1);
    receive(12);
    expect(news).toMatchObject([
      { type: 'gap', reason: 'reset', position: { epoch: 'e', seq: 11 } },
      { type: 'message', frame: { seq: 12 } },
    ]);
  });
});
