import type { ReceivedFrame } from '@outcry/protocol';
import { beforeEach, describe, expect, it } from 'vitest';

import type { RoomNews } from './room-news.ts';
import { RoomState, type RoomStateOptions } from './room-state.ts';

type Refusal = Extract<ReceivedFrame, { type: 'error' }>;

const REFUSAL: Refusal = { type: 'error', id: 1, code: 'unavailable', message: 'later', retryable: true };

let room: RoomState;
let news: RoomNews[];
let lastId: number;

function open(options: Partial<RoomStateOptions> = {}): void {
  news = [];
  lastId = 0;
  room = new RoomState({
    nameFor: () => 'lobby',
    emit: (effect) => {
      if (effect.kind === 'room') news.push(effect.news);
    },
    random: () => 0.5,
    listener: () => undefined,
    ...options,
  });
}

function takeJoin(now = 0): ReturnType<RoomState['takeJoin']> {
  return room.takeJoin(now, () => ++lastId, 1);
}

function joined(id: number, { epoch = 'e', seq = 10, recovered = false } = {}): void {
  room.handleFrame({ type: 'joined', id, room: 'lobby', epoch, seq, recovered }, 0, 1);
}

function becomeMember(options: Partial<RoomStateOptions> = {}): void {
  open(options);
  room.handleWelcome('ann');
  takeJoin();
  joined(lastId);
  news = [];
}

const told = (): string[] => news.map(({ type }) => type);

beforeEach(() => {
  open();
});

describe('a join', () => {
  it('says what the member wants, and nothing that it leaves to the gateway', () => {
    room.handleWelcome('ann');
    expect(takeJoin()).toEqual({ type: 'join', id: 1, room: 'lobby' });
    expect(takeJoin()).toBeUndefined();
    open({ history: 0, echo: false, presence: true });
    room.handleWelcome('ann');
    expect(takeJoin()).toEqual({ type: 'join', id: 1, room: 'lobby', history: 0, echo: false, presence: true });
  });

  it('is asked again where no answer comes, and waits for nothing once there is one', () => {
    room.handleWelcome('ann');
    expect(room.nextAlarmAt).toBe(Infinity);
    takeJoin(1_000);
    expect(room.nextAlarmAt).toBe(16_000);
    room.handleAlarm(15_999);
    expect(takeJoin(15_999)).toBeUndefined();
    room.handleAlarm(16_000);
    expect(takeJoin(16_000)).toMatchObject({ id: 2 });
    joined(2);
    expect([room.isJoined, room.nextAlarmAt, takeJoin(3_600_000)]).toEqual([true, Infinity, undefined]);
  });

  it('that is refused for now is asked again, ever more rarely, until it succeeds', () => {
    room.handleWelcome('ann');
    let now = 0;
    const waits: number[] = [];
    for (let attempt = 0; attempt < 3; attempt++) {
      takeJoin(now);
      expect(room.handleError({ ...REFUSAL, id: lastId }, now)).toBe(true);
      expect(takeJoin(now)).toBeUndefined();
      waits.push(room.nextAlarmAt - now);
      now = room.nextAlarmAt;
    }
    expect([waits, told()]).toEqual([[500, 1_000, 2_000], []]);
    takeJoin(now);
    joined(lastId);
    room.doubt();
    takeJoin(now);
    room.handleError({ ...REFUSAL, id: lastId }, now);
    expect(room.nextAlarmAt - now).toBe(500);
  });

  it('is not what a refusal or an answer of something else is for', () => {
    room.handleWelcome('ann');
    takeJoin();
    expect(room.handleError({ ...REFUSAL, id: 9 }, 0)).toBe(false);
    joined(9);
    expect([room.isJoined, told()]).toEqual([false, []]);
    joined(1);
    expect(room.handleError({ ...REFUSAL, retryable: false }, 0)).toBe(false);
    joined(1, { seq: 50 });
    expect([room.position, told(), room.failure]).toEqual([{ epoch: 'e', seq: 10 }, ['joined'], undefined]);
  });

  it('is a first one, or goes on from a position that the program has kept', () => {
    room.handleWelcome('ann');
    takeJoin();
    joined(1);
    expect(news).toMatchObject([{ type: 'joined', isResumed: false, isRecovered: false, isReconnected: false }]);
    open({ since: { epoch: 'e', seq: 10 } });
    room.handleWelcome('ann');
    expect(takeJoin()).toMatchObject({ since: { epoch: 'e', seq: 10 }, history: 1_000 });
    joined(1, { recovered: true });
    expect(news).toMatchObject([{ type: 'joined', isResumed: true, isRecovered: true }]);
    open({ since: { epoch: 'e', seq: 10 } });
    room.handleWelcome('ann');
    takeJoin();
    joined(1);
    expect(news).toMatchObject([{ type: 'joined', isResumed: true, isRecovered: true }]);
  });

  it('of an inbox goes on for the same user alone', () => {
    becomeMember({ nameFor: (user) => `@${user}` });
    room.handleWelcome('ann');
    expect(takeJoin()).toMatchObject({ room: '@ann', since: { seq: 10 } });
    room.handleWelcome('bob');
    expect(takeJoin()).toEqual({ type: 'join', id: 3, room: '@bob' });
  });
});

describe('a move to another connection', () => {
  it('asks at once for the inbox of whoever the user is there', () => {
    open({ nameFor: (user) => `@${user}` });
    room.handleWelcome('ann');
    takeJoin();
    room.handleMove(2, 'bob');
    expect(room.takeJoin(0, () => ++lastId, 2)).toMatchObject({ room: '@bob' });
  });

  it('that was refused for now is asked for at once where it is all that is left', () => {
    becomeMember();
    room.handleMove(2, 'ann');
    room.takeJoin(0, () => ++lastId, 2);
    room.handleError({ ...REFUSAL, id: lastId }, 0);
    expect(room.wantsJoin(0)).toBe(false);
    room.handleLoss(2);
    expect(room.wantsJoin(0)).toBe(true);
  });

  it('leaves the room where it was as well, until that is lost', () => {
    becomeMember();
    room.handleMove(2, 'ann');
    room.takeJoin(0, () => ++lastId, 2);
    room.handleFrame({ type: 'joined', id: lastId, room: 'lobby', epoch: 'e', seq: 10, recovered: true }, 0, 2);
    expect([1, 2, 3].map((socket) => room.isOn(socket))).toEqual([true, true, false]);
    room.handleLoss(2);
    expect([1, 2].map((socket) => room.isOn(socket))).toEqual([false, true]);
  });
});

describe('a member', () => {
  it('is told of signals, of who comes, and whether the room may be behind', () => {
    becomeMember();
    room.handleFrame({ type: 'signal', room: 'lobby', from: 'bob', name: 'typing' }, 0, 1);
    room.handleFrame({ type: 'member', room: 'lobby', user: 'bob', change: 'joined' } as never, 0, 1);
    room.handleFrame({ type: 'stale', room: 'lobby' }, 0, 1);
    expect([told(), room.isStale]).toEqual([['signal', 'member', 'stale'], true]);
    room.handleFrame({ type: 'fresh', room: 'lobby' }, 0, 1);
    expect([told().at(-1), room.isStale]).toEqual(['fresh', false]);
    expect(news[0]).toMatchObject({ frame: { name: 'typing' } });
  });

  it('is told nothing before the join is answered', () => {
    room.handleWelcome('ann');
    takeJoin();
    room.handleFrame({ type: 'stale', room: 'lobby' }, 0, 1);
    room.handleFrame({ type: 'signal', room: 'lobby', from: 'bob', name: 'typing' }, 0, 1);
    expect([told(), room.isStale]).toEqual([[], false]);
  });

  it('begins without doubts on each connection', () => {
    becomeMember();
    room.handleFrame({ type: 'stale', room: 'lobby' }, 0, 1);
    room.handleLoss();
    room.handleWelcome('ann');
    takeJoin();
    joined(lastId, { recovered: true });
    expect(room.isStale).toBe(false);
  });

  it('that was not one is not doubted: what waits goes on waiting', () => {
    room.handleWelcome('ann');
    takeJoin();
    room.doubt();
    expect(takeJoin()).toBeUndefined();
  });

  it('says that it leaves where the gateway can know of it, and never of an inbox', () => {
    expect(room.leave()).toBeUndefined();
    becomeMember();
    expect([room.leave(), told()]).toEqual([{ type: 'leave', room: 'lobby' }, ['left']]);
    becomeMember({ nameFor: () => '@ann' });
    expect(room.leave()).toBeUndefined();
    open();
    room.handleWelcome('ann');
    takeJoin();
    expect(room.leave()).toEqual({ type: 'leave', room: 'lobby' });
  });

  it('by reset at its own place is told of the gap at once', () => {
    becomeMember();
    room.handleFrame({ type: 'reset', room: 'lobby', epoch: 'e', seq: 10 }, 0, 1);
    expect([told(), room.isJoined]).toEqual([['gap'], true]);
  });
});
