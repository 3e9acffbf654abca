import { describe, expect, it } from 'vitest';

import { ClosedConnections } from './closed-connections.ts';
import type { ConnectionStory } from './connection-story.ts';

describe('ClosedConnections', () => {
  it('finds those that are meant, the last that was closed first', () => {
    const { closed } = create();
    for (const [at, user] of ['ann', 'bob', 'ann'].entries()) closed.add(story(user, at));
    const found = [...closed.find(({ user }) => user === 'ann')];
    expect(found.map((one) => one.closed?.at)).toEqual([2, 0]);
    expect(closed.completeSince).toBeUndefined();
  });

  it('forgets the oldest where there are too many, says since when none is missing, and counts', () => {
    const { closed, forgotten } = create({ maxStories: 3 });
    for (let at = 0; at < 5; at += 1) closed.add(story('ann', at));
    expect([...closed.find(() => true)].map((one) => one.closed?.at)).toEqual([4, 3, 2]);
    expect(closed.completeSince).toBe(1);
    expect(forgotten()).toBe(2);
  });

  it('holds no more bytes than it may, however long the names are', () => {
    const { closed, forgotten } = create({ maxBytes: 10_000 });
    for (let at = 0; at < 100; at += 1) closed.add(story('u'.repeat(128), at, ['r'.repeat(128), 's'.repeat(128)]));
    const kept = [...closed.find(() => true)];
    expect(JSON.stringify(kept).length).toBeLessThan(10_000);
    expect(kept[0]?.closed?.at).toBe(99);
    expect(kept.length + forgotten()).toBe(100);
  });

  it('finds nothing before anybody was closed', () => {
    expect([...create().closed.find(() => true)]).toEqual([]);
  });
});

function create(bounds: { maxStories?: number; maxBytes?: number } = {}): {
  closed: ClosedConnections;
  forgotten: () => number;
} {
  let count = 0;
  const onForgotten = (): void => {
    count += 1;
  };
  return { closed: new ClosedConnections({ onForgotten, ...bounds }), forgotten: () => count };
}

function story(user: string, at: number, rooms: string[] = []): ConnectionStory {
  return {
    ...{ connection: `gw-1-${String(at)}`, user, isGuest: false, address: '192.0.2.1' },
    ...{ endpoint: '/ws', encoding: 'json', openedAt: 0, lastHeardAt: 0 },
    ...{ rooms, roomCount: rooms.length, books: [], bookCount: 0 },
    ...{ unreadBytes: 0, heldBack: false, lagged: 0, laggedMs: 0 },
    closed: { at, code: 1000, reason: '', by: 'client' },
  };
}
