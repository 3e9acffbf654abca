import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import type { Connection } from '../connections/connection.ts';
import { identityOf } from '../identity/identity.ts';
import type { ControlNotice } from './control-notice.ts';
import { NoticeRounds } from './notice-rounds.ts';

type Subscription = Extract<ControlNotice, { kind: 'subscribe' }>;

function connectionOf(user: string | undefined, connection?: string): Connection {
  const identity = user === undefined ? undefined : identityOf(user, { isGuest: false });
  return { identity, ...(connection === undefined ? {} : { connection }) } as Connection;
}

function noticeFor(target: { readonly user?: string; readonly connection?: string }, room: string): Subscription {
  return { kind: 'subscribe', ...target, room };
}

describe('NoticeRounds', () => {
  let connections: Set<Connection>;
  let looks: number;
  let done: string[];
  let rounds: NoticeRounds;
  let roomy: NoticeRounds;
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setImmediate', 'performance'] });
    connections = new Set();
    looks = 0;
    done = [];
    const build = (maxNotices: number): NoticeRounds =>
      new NoticeRounds({
        connections: {
          has: (connection) => connections.has(connection),
          *[Symbol.iterator]() {
            for (const connection of connections) {
              looks += 1;
              yield connection;
            }
          },
        },
        maxNotices,
        maxBytes: 1000,
        carryOut: (notice, { connection }) => {
          done.push(`${connection ?? 'feed'}: ${(notice as Subscription).room}`);
        },
      });
    rounds = build(3);
    roomy = build(1000);
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('brings each notice to all connections of a user, or to one, in order, and to nobody else', () => {
    for (const [user, name] of [
      ['ann', 'a1'],
      ['bob', 'b1'],
      ['ann', 'a2'],
    ] as const) {
      connections.add(connectionOf(user, name));
    }
    connections.add(connectionOf(undefined)).add(connectionOf('ann'));
    rounds.add(noticeFor({ user: 'ann' }, 'first'), 1);
    rounds.add(noticeFor({ connection: 'b1' }, 'second'), 1);
    rounds.add(noticeFor({ user: 'ann' }, 'third'), 1);
    expect(done).toEqual([]);
    vi.runAllTicks();
    vi.runAllTimers();
    expect(done).toEqual([
      'a1: first',
      'a1: third',
      'b1: second',
      'a2: first',
      'a2: third',
      'feed: first',
      'feed: third',
    ]);
  });

  it('brings those that name a connection and those that name its user in one order', () => {
    connections.add(connectionOf('ann', 'a1'));
    rounds.add(noticeFor({ connection: 'a1' }, 'first'), 1);
    rounds.add(noticeFor({ user: 'ann' }, 'second'), 1);
    rounds.add(noticeFor({ connection: 'a1' }, 'third'), 1);
    vi.runAllTimers();
    expect(done).toEqual(['a1: first', 'a1: second', 'a1: third']);
  });

  it('looks at everybody once for all that wait, and again for what comes meanwhile', () => {
    for (let i = 0; i < 10; i++) connections.add(connectionOf('ann', `c${String(i)}`));
    for (const room of ['a', 'b', 'c']) rounds.add(noticeFor({ connection: 'c9' }, room), 1);
    vi.runAllTimers();
    expect([looks, done]).toEqual([10, ['c9: a', 'c9: b', 'c9: c']]);
    rounds.add(noticeFor({ connection: 'c0' }, 'd'), 1);
    vi.runAllTimers();
    expect([looks, done.at(-1)]).toEqual([20, 'c0: d']);
  });

  it('lets others have their turn within a millisecond, and goes on where it was', () => {
    for (let i = 0; i < 1000; i++) connections.add(connectionOf('ann', `c${String(i)}`));
    vi.spyOn(performance, 'now').mockImplementation(() => looks / 100);
    rounds.add(noticeFor({ connection: 'c999' }, 'last'), 1);
    vi.runOnlyPendingTimers();
    expect(looks).toBeLessThan(200);
    expect(done).toEqual([]);
    rounds.add(noticeFor({ connection: 'c0' }, 'next round'), 1);
    vi.runAllTimers();
    expect([looks, done]).toEqual([2000, ['c999: last', 'c0: next round']]);
  });

  it('lets others have their turn also between notices about one connection, which get to it no more once it has ended', () => {
    const [one, other] = [connectionOf('ann', 'a1'), connectionOf('ann', 'a2')];
    connections.add(one).add(other);
    vi.spyOn(performance, 'now').mockImplementation(() => done.length / 10);
    const many = Array.from({ length: 200 }, (_, i) => `r${String(i)}`);
    for (const room of many) expect(roomy.add(noticeFor({ user: 'ann' }, room), 1)).toBe(true);
    vi.runOnlyPendingTimers();
    expect(done.length).toBeGreaterThan(0);
    expect(done.length).toBeLessThan(200);
    connections.delete(one);
    const before = done.length;
    vi.runAllTimers();
    expect(done.slice(before)).toEqual(many.map((room) => `a2: ${room}`));
  });

  it('takes only so many, and so many bytes, and has room again when they are under way', () => {
    const notice = noticeFor({ user: 'ann' }, 'x');
    expect([1, 2, 3, 4].map(() => rounds.add(notice, 1))).toEqual([true, true, true, false]);
    vi.runAllTimers();
    expect([rounds.add(notice, 600), rounds.add(notice, 401), rounds.add(notice, 400)]).toEqual([true, false, true]);
    vi.runAllTimers();
    expect(rounds.add(notice, 1000)).toBe(true);
    vi.runAllTimers();
  });
});
