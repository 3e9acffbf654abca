import { describe, expect, it } from 'vitest';

import { aPlan } from '../testing/a-plan.ts';
import { assign } from './assignment.ts';

describe('assign', () => {
  const indices = Array.from({ length: 12 }, (_, i) => i);

  it('spreads connections evenly over the targets, and both encodings over each', () => {
    const plan = aPlan({ urls: ['ws://a', 'ws://b'], connections: 12, encoding: 'mixed' });
    const pairs = indices
      .map((i) => assign(plan, i))
      .map(({ firstUrl, encoding }) => `${String(firstUrl)} ${encoding}`);
    for (const pair of ['0 json', '0 msgpack', '1 json', '1 msgpack']) {
      expect(pairs.filter((other) => other === pair)).toHaveLength(3);
    }
  });

  it('gives every room a publisher where there are enough of them', () => {
    const plan = aPlan({ scenario: 'rooms', connections: 12, rooms: 3, publishers: 3 });
    const publishing = indices.map((i) => assign(plan, i)).filter(({ isPublisher }) => isPublisher);
    expect(new Set(publishing.map(({ room }) => room)).size).toBe(3);
  });

  it('lets those listen to whom something is said: not in rooms without a publisher, and not the slow ones', () => {
    const rooms = aPlan({ scenario: 'rooms', connections: 12, rooms: 4, publishers: 2 });
    expect(indices.filter((i) => assign(rooms, i).isListener)).toEqual([0, 1, 4, 5, 8, 9]);
    const slow = aPlan({ scenario: 'slow', connections: 12, publishers: 1, slow: { share: 0.25, pauseMs: 1 } });
    expect(indices.filter((i) => !assign(slow, i).isListener)).toEqual([9, 10, 11]);
    const feed = aPlan({ scenario: 'feed', connections: 12, rooms: 0, publishers: 0 });
    expect(indices.every((i) => assign(feed, i).isListener)).toBe(true);
  });

  it('makes the last ones slow, and never a publisher', () => {
    const plan = aPlan({ scenario: 'slow', connections: 12, publishers: 10, slow: { share: 0.5, pauseMs: 1 } });
    const slow = indices.filter((i) => assign(plan, i).isSlow);
    expect(slow).toEqual([10, 11]);
  });

  it('lets everybody but the publishers come and go under churn', () => {
    const plan = aPlan({ scenario: 'churn', connections: 12, publishers: 2 });
    expect(indices.filter((i) => assign(plan, i).isChurning)).toEqual(indices.slice(2));
  });

  it('has books kept on every target and in both encodings', () => {
    const plan = aPlan({ scenario: 'feed', urls: ['ws://a', 'ws://b'], connections: 60, encoding: 'mixed', rooms: 0 });
    const all = Array.from({ length: 60 }, (_, i) => assign(plan, i)).filter(({ isMirroring }) => isMirroring);
    expect(new Set(all.map(({ firstUrl, encoding }) => `${String(firstUrl)} ${encoding}`)).size).toBe(4);
  });

  it('deals the symbols out in turn', () => {
    const books = { symbols: ['A', 'B', 'C'], depth: 10, intervalMs: 100, perConnection: 2 };
    const plan = aPlan({ scenario: 'feed', connections: 12, books });
    expect(indices.slice(0, 3).map((i) => assign(plan, i).symbols)).toEqual([
      ['A', 'B'],
      ['C', 'A'],
      ['B', 'C'],
    ]);
  });
});
