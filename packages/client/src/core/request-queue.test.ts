import type { SendableFrame } from '@outcry/protocol';
import { beforeEach, describe, expect, it } from 'vitest';

import { OutcryError } from '../primitives/errors.ts';
import type { Effect } from './effects.ts';
import { Bucket } from './pacer.ts';
import type { Request } from './request.ts';
import { RequestQueue, type Session } from './request-queue.ts';
import type { RoomState } from './room-state.ts';

/** Any number. */
const calls = { hasAny: () => true, take: () => undefined, readyAt: -Infinity };
const ANN: Session = { socket: 1, user: 'ann', maxFrameBytes: 1_000, calls };
const REFUSAL = { type: 'error', message: 'later', retryable: true } as const;
const LOSS = { code: 'disconnected', isRetryable: true };

let queue: RequestQueue;
let effects: Effect[];
let lastId: number;

beforeEach(() => {
  effects = [];
  lastId = 0;
  queue = new RequestQueue((effect) => effects.push(effect), 10);
});

interface Wish extends Partial<Request> {
  readonly bytes?: number;
}

/** Adds a request; before there is a gateway, frames may have 2,000 bytes. */
function add({ bytes = 100, ...details }: Wish = {}): number {
  const id = ++lastId;
  const request: Request = {
    id,
    encoded: { frame: `frame ${String(id)}` as unknown as SendableFrame, bytes },
    isUnchecked: false,
    room: undefined,
    lane: undefined,
    deadlineAt: 10_000,
    isRepeatable: true,
    isPublish: true,
    isCall: false,
    encodeFor: () => undefined,
    resolve: () => undefined,
    reject: () => undefined,
    ...details,
  };
  queue.add(request, 2_000);
  return id;
}

/** Everything that can go out now. */
function takeAll(now = 0, session = ANN): unknown[] {
  const taken: unknown[] = [];
  for (;;) {
    const next = queue.take(now, session);
    if (next === undefined) return taken;
    taken.push(next.frame);
  }
}

function rejected(): unknown[] {
  return effects.flatMap((effect) => (effect.kind === 'reject' ? [effect.error] : []));
}

describe('a request that has waited for a gateway', () => {
  it('is not sent to one that would end the session for its size, and those behind it go out', () => {
    add();
    add({ bytes: 1_001 });
    add({ bytes: 1_000 });
    expect(takeAll()).toEqual(['frame 1', 'frame 3']);
    const tooBig = { code: 'tooBig', message: '1001 bytes, and the gateway takes 1000', isRetryable: false };
    expect(rejected()).toMatchObject([tooBig]);
    expect(queue.size).toBe(2);
  });

  it('has its whole limit, and ends with it', () => {
    add({ deadlineAt: 500 });
    add({ deadlineAt: 700 });
    expect(queue.nextAlarmAt).toBe(500);
    queue.handleAlarm(499);
    expect(rejected()).toEqual([]);
    queue.handleAlarm(500);
    expect(rejected()).toMatchObject([{ code: 'timedOut', isRetryable: true, mayBeStored: false }]);
    expect([queue.size, queue.nextAlarmAt]).toEqual([1, 700]);
  });
});

describe('a request that is refused for now', () => {
  it('goes out again when the gateway has said, and until then wants an alarm for that', () => {
    add();
    takeAll();
    queue.settle({ ...REFUSAL, id: 1, code: 'unavailable', retryInMs: 300 }, 100);
    expect([takeAll(399), queue.nextAlarmAt]).toEqual([[], 400]);
    queue.handleAlarm(399);
    expect([takeAll(399), queue.nextAlarmAt]).toEqual([[], 400]);
    queue.handleAlarm(400);
    expect(queue.nextAlarmAt).toBe(10_000);
    expect(takeAll(400)).toEqual(['frame 1']);
    expect(queue.nextAlarmAt).toBe(10_000);
  });

  it('waits for nothing more on the next connection once it has gone out again', () => {
    add();
    takeAll();
    queue.settle({ ...REFUSAL, id: 1, code: 'unavailable', retryInMs: 300 }, 100);
    expect(takeAll(400)).toEqual(['frame 1']);
    queue.handleLoss();
    expect(queue.nextAlarmAt).toBe(10_000);
  });

  it('fails where it makes no sense another time, and where its limit is over by then', () => {
    add({ isRepeatable: false });
    add({ deadlineAt: 300 });
    takeAll();
    queue.settle({ ...REFUSAL, id: 1, code: 'rateLimited', retryInMs: 200 }, 0);
    queue.settle({ ...REFUSAL, id: 2, code: 'rateLimited', retryInMs: 300 }, 0);
    expect(rejected()).toMatchObject([
      { code: 'rateLimited', retryInMs: 200, isRetryable: true },
      { code: 'rateLimited', retryInMs: 300, isRetryable: true },
    ]);
    expect(queue.size).toBe(0);
  });
});

describe('a room that is left', () => {
  it('takes its own requests with it, those under way as well', () => {
    const [left, kept] = [{ isOn: () => true }, { isOn: () => true }] as unknown as RoomState[];
    for (const room of [left, kept, undefined]) add({ room });
    takeAll();
    for (const room of [left, kept, undefined]) add({ room });
    queue.rejectOf(left as RoomState, new OutcryError('left', 'the room was left'));
    expect(rejected()).toMatchObject([
      { code: 'left', mayBeStored: true },
      { code: 'left', mayBeStored: false },
    ]);
    expect([queue.size, takeAll()]).toEqual([4, ['frame 5', 'frame 6']]);
  });
});

describe('requests that wait', () => {
  it('go out in the order in which they were made, also those that come back', () => {
    for (let i = 0; i < 3; i++) add();
    queue.take(0, ANN);
    queue.take(0, ANN);
    queue.settle({ ...REFUSAL, id: 2, code: 'unavailable', retryInMs: 0 }, 0);
    queue.settle({ ...REFUSAL, id: 1, code: 'unavailable', retryInMs: 0 }, 0);
    expect(takeAll()).toEqual(['frame 1', 'frame 2', 'frame 3']);
  });

  it('go out in that order also where one that was made later comes back to one that has waited', () => {
    add({ isUnchecked: true });
    add();
    expect(takeAll()).toEqual(['frame 2']);
    queue.settle({ ...REFUSAL, id: 2, code: 'unavailable', retryInMs: 0 }, 0);
    queue.handleChecked(1);
    expect(takeAll()).toEqual(['frame 1', 'frame 2']);
  });

  it('are each encoded once, however often it is looked what can go out', () => {
    add({ encoded: undefined });
    expect([takeAll(), takeAll()]).toEqual([[], []]);
    expect(effects).toMatchObject([{ kind: 'encode', user: 'ann' }]);
  });

  it('do not overtake each other in one lane, and hold up no other', () => {
    const lanes = ['bob', 'bob', 'cy', undefined, undefined];
    for (const [i, lane] of lanes.entries()) add({ lane, isUnchecked: i === 0 || i === 3 });
    expect(takeAll()).toEqual(['frame 3', 'frame 5']);
    queue.handleChecked(1);
    queue.handleChecked(4);
    expect(takeAll()).toEqual(['frame 1', 'frame 2', 'frame 4']);
  });

  it('are not known to be stored where they are refused for a reason', () => {
    add({ deadlineAt: 500 });
    takeAll();
    queue.settle({ ...REFUSAL, id: 1, code: 'rateLimited' }, 0);
    expect(rejected()).toMatchObject([{ code: 'rateLimited', mayBeStored: false }]);
  });
});

describe('a message', () => {
  it('may be stored where a gateway does not know it, and where it was under way; what is none never is', () => {
    add({ deadlineAt: 500 });
    add({ deadlineAt: 500, isPublish: false });
    add({ isRepeatable: false });
    add({ isRepeatable: false, isPublish: false });
    takeAll();
    queue.settle({ ...REFUSAL, id: 1, code: 'unavailable' }, 0);
    queue.settle({ ...REFUSAL, id: 2, code: 'unavailable' }, 0);
    queue.handleLoss();
    expect(rejected()).toMatchObject([
      { code: 'unavailable', mayBeStored: true },
      { code: 'unavailable', mayBeStored: false },
      { ...LOSS, mayBeStored: true },
      { ...LOSS, mayBeStored: false },
    ]);
    expect([queue.size, takeAll()]).toEqual([0, []]);
  });

  it('that was under way is repeated for the same user alone, before those that were not', () => {
    add();
    add();
    queue.take(0, ANN);
    queue.handleLoss();
    expect(takeAll()).toEqual(['frame 1', 'frame 2']);
    queue.handleLoss();
    add();
    expect(takeAll(0, { ...ANN, user: 'bob' })).toEqual(['frame 3']);
    expect(rejected()).toMatchObject([
      { ...LOSS, isRetryable: false, message: 'it was sent as ann, and this is bob now', mayBeStored: true },
      { code: 'disconnected', mayBeStored: true },
    ]);
  });
});

describe('a call', () => {
  it('may have had its effect where nobody says that it had none, and is not repeated', () => {
    for (let i = 0; i < 4; i++) add({ isPublish: false, isCall: true, isRepeatable: false });
    takeAll();
    queue.settle({ ...REFUSAL, id: 1, code: 'unavailable' }, 0);
    queue.settle({ ...REFUSAL, id: 2, code: 'unavailable', retryInMs: 1_000 }, 0);
    queue.settle({ ...REFUSAL, id: 3, code: 'rateLimited' }, 0);
    queue.handleLoss();
    expect(rejected()).toMatchObject([
      { code: 'unavailable', mayBeStored: true },
      { code: 'unavailable', mayBeStored: false, retryInMs: 1_000 },
      { code: 'rateLimited', mayBeStored: false },
      { ...LOSS, mayBeStored: true },
    ]);
    expect(queue.size).toBe(0);
  });

  it('goes out when the rate of calls allows it, and holds up nothing else', () => {
    const few = new Bucket();
    few.fill({ perSecond: 2, burst: 2 }, 0);
    const session = { ...ANN, calls: few };
    for (let i = 0; i < 3; i++) add({ isPublish: false, isCall: true, isRepeatable: false });
    add();
    expect(takeAll(0, session)).toEqual(['frame 1', 'frame 2', 'frame 4']);
    expect(queue.nextAlarmAt).toBe(500);
    queue.handleAlarm(250);
    expect(takeAll(250, session)).toEqual([]);
    queue.handleAlarm(500);
    expect(takeAll(500, session)).toEqual(['frame 3']);
  });
});

it('tells a room where what was published in it has its place', () => {
  const stored: unknown[] = [];
  const room = { isOn: () => true, handleStored: (place: unknown) => stored.push(place) } as unknown as RoomState;
  const [published, asked, elsewhere] = [add({ room }), add({ room, isPublish: false }), add()];
  takeAll();
  for (const id of [asked, elsewhere, published]) queue.settle({ type: 'ack', id, epoch: 'e', seq: 4 }, 0);
  expect(stored).toEqual([{ type: 'ack', id: published, epoch: 'e', seq: 4 }]);
});

it('tells no answer to anybody who did not ask', () => {
  add();
  expect(queue.settle({ type: 'ack', id: 1 }, 0)).toBe(false);
  takeAll();
  expect([queue.settle({ type: 'ack', id: 2 }, 0), queue.settle({ type: 'ack' }, 0)]).toEqual([false, false]);
  expect([queue.settle({ type: 'ack', id: 1 }, 0), queue.settle({ type: 'ack', id: 1 }, 0)]).toEqual([true, false]);
  expect(effects).toMatchObject([{ kind: 'resolve', answer: { type: 'ack', id: 1 } }]);
});
