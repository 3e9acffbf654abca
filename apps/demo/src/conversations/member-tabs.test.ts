import { describe, expect, it } from 'vitest';

import { MemberTabs } from './member-tabs.ts';

/** Answers, five seconds apart: how many connections of ann each shows. */
function shown(...connections: readonly number[]): readonly (number | undefined)[] {
  const tabs = new MemberTabs();
  return connections.map((count, i) => tabs.count([{ user: 'ann', connections: count }], i * 5_000)[0]?.connections);
}

describe('MemberTabs', () => {
  it('does not take a page that was loaded anew for two', () => {
    expect(shown(1, 2, 1, 1)).toEqual([1, 1, 1, 1]);
    expect(shown(2, 1, 1)).toEqual([1, 1, 1]);
    expect(shown(2, 3, 2, 2)).toEqual([1, 1, 2, 2]);
  });

  it('shows two that stay, and one less at once', () => {
    expect(shown(2, 2, 2)).toEqual([1, 1, 2]);
    expect(shown(2, 2, 3, 3, 3, 1)).toEqual([1, 1, 2, 2, 3, 1]);
  });

  it('knows nothing any more of who has gone', () => {
    const tabs = new MemberTabs();
    for (const now of [0, 10_000]) tabs.count([{ user: 'ann', connections: 2 }], now);
    tabs.count([], 15_000);
    expect(tabs.count([{ user: 'ann', connections: 2 }], 20_000)).toEqual([{ user: 'ann', connections: 1 }]);
  });
});
