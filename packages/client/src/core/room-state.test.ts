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
  room.takeJoin(0, () => ++lastId);
  room.handleFrame({ type: 'joined', id: lastId, room: 'lobby', epoch: 'e', seq: 10, recovered: false });
  news.length = 0;
}

function receive(seq: number): void {
  room.handleFrame({ type: 'message', room: 'lobby', from: 'bob', at: 1, data: seq, seq });
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
    expect(room.takeJoin(1, () => ++lastId)).toMatchObject({ type: 'join', since: { epoch: 'e', seq: 10 } });
  });

  it('is what a member sees behind own messages that it did not want back', () => {
    join({ echo: false });
    receive(12);
    expect(news).toMatchObject([{ type: 'message', frame: { seq: 12 } }]);
    expect(room.position).toEqual({ epoch: 'e', seq: 12 });
    expect(room.takeJoin(1, () => ++lastId)).toBeUndefined();
  });
});

describe('a broker that has lost what the member has', () => {
  it('is a gap, behind which the numbers come again', () => {
    join({ since: { epoch: 'e', seq: 12 } });
    receive(11);
    expect(news).toEqual([]);
    room.handleFrame({ type: 'reset', room: 'lobby', epoch: 'e', seq: 11 });
    receive(12);
    expect(news).toMatchObject([
      { type: 'gap', reason: 'reset', position: { epoch: 'e', seq: 11 } },
      { type: 'message', frame: { seq: 12 } },
    ]);
  });
});
