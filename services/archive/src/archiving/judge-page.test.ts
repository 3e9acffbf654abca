import type { RoomMessage, StoredPage } from '@outcry/broker';
import { describe, expect, it } from 'vitest';

import { judgePage } from './judge-page.ts';

const ROOM = 'pit';

type Head = readonly [epoch: string, seq: number];

function page([epoch, head]: Head, stored: readonly number[], ended: Record<string, number> = {}): StoredPage {
  const messages = stored.map((seq): RoomMessage => ({
    room: ROOM,
    position: { epoch, seq },
    frame: new Uint8Array(),
    origin: '',
    at: seq,
  }));
  return {
    now: 0,
    head: { epoch, seq: head },
    ended: new Map(Object.entries(ended)),
    isStored: stored.length > 0,
    messages,
  };
}

function judge(...[cursor, read]: [Parameters<typeof judgePage>[1], StoredPage | undefined]): readonly unknown[] {
  const { messages, gaps, cursor: next } = judgePage(ROOM, cursor, read);
  const holes = gaps.map(({ epoch, first, last, reason }) => `${epoch}:${String(first)}-${String(last)} ${reason}`);
  return [
    messages.map(({ position }) => position.seq),
    holes,
    next === undefined ? next : `${next.epoch}:${String(next.seq)}`,
  ];
}

describe('judgePage', () => {
  const AT_5 = { epoch: 'e', seq: 5 };

  it.each([
    ['begins with a room', undefined, page(['e', 2], [1, 2]), [[1, 2], [], 'e:2']],
    ['begins behind what was gone', undefined, page(['e', 9], [8, 9]), [[8, 9], ['e:1-7 trimmed'], 'e:9']],
    ['goes on', AT_5, page(['e', 9], [6, 7]), [[6, 7], [], 'e:7']],
    ['goes on behind a hole', AT_5, page(['e', 9], [8, 9]), [[8, 9], ['e:6-7 trimmed'], 'e:9']],
    ['finds all gone', AT_5, page(['e', 9], []), [[], ['e:6-9 trimmed'], 'e:9']],
    ['finds nothing new', AT_5, page(['e', 5], []), [[], [], undefined]],
    ['waits where the newest are lost', AT_5, page(['e', 3], []), [[], [], undefined]],
    [
      'goes on in an epoch that went on from there',
      AT_5,
      page(['f', 7], [3, 4, 5, 6, 7], { e: 5 }),
      [[3, 4, 5, 6, 7], ['e:6-null epoch'], 'f:7'],
    ],
    [
      'has what an epoch lost that went on before it',
      AT_5,
      page(['f', 6], [3, 4, 5, 6], { e: 3 }),
      [[3, 4, 5, 6], ['e:6-null epoch'], 'f:6'],
    ],
    [
      'tells what was trimmed between the two',
      AT_5,
      page(['f', 12], [10, 11, 12], { e: 7 }),
      [[10, 11, 12], ['e:8-null epoch', 'e:6-7 trimmed', 'f:8-9 trimmed'], 'f:12'],
    ],
    [
      'has what an epoch stored behind the cursor before it ended',
      AT_5,
      page(['f', 9], [6, 7, 8, 9], { e: 7 }),
      [[6, 7, 8, 9], ['e:8-null epoch'], 'f:9'],
    ],
    [
      'tells of each epoch that ended meanwhile, and of none before',
      AT_5,
      page(['h', 9], [8, 9], { g: 8, f: 6, e: 5, d: 2 }),
      [[8, 9], ['e:6-null epoch', 'f:7-null epoch', 'g:9-null epoch', 'f:6-6 trimmed', 'g:7-7 trimmed'], 'h:9'],
    ],
    [
      'begins with a room that has ended before',
      undefined,
      page(['f', 5], [3, 4, 5], { e: 4 }),
      [[3, 4, 5], ['e:5-null epoch', 'e:1-2 trimmed'], 'f:5'],
    ],
    ['begins anew', AT_5, page(['f', 2], [1, 2]), [[1, 2], ['e:6-null epoch'], 'f:2']],
    ['begins anew without a message', AT_5, page(['f', 0], []), [[], ['e:6-null epoch'], 'f:0']],
    ['ends with a numbering', AT_5, undefined, [[], ['e:6-null epoch'], undefined]],
    ['knows nothing of what never was', undefined, undefined, [[], [], undefined]],
  ])('%s', (...[, cursor, read, expected]) => {
    expect(judge(cursor, read)).toEqual(expected);
  });
});
