import { describe, expect, it } from 'vitest';

import { bookStory } from './book-story.ts';

const BOOK = { symbol: 'X', isStale: false, epoch: 'e1', seq: 10, at: 1_732_104_000_000, venueAt: -1 };
const CLASS = { endpoint: '/ws', depth: 0, interval: 250, watchers: 2 };

describe('how a book is said to be', () => {
  it.each([
    [
      'is all that is known of it, and who watches it',
      { ...BOOK, classes: [CLASS, { ...CLASS, endpoint: '/orderbookfeed' }] },
    ],
    ['is little of one that is not known yet', { symbol: 'X', isStale: true, classes: [] }],
  ])('%s', (_, story) => {
    expect(bookStory.parse(story)).toEqual(story);
  });

  it.each([
    ['what is nothing', {}],
    ['a place that is none', { ...BOOK, seq: -1, classes: [] }],
    ['watchers of no class that there is', { ...BOOK, classes: [{ ...CLASS, endpoint: '/metrics' }] }],
    ['a class without its watchers', { ...BOOK, classes: [{ ...CLASS, watchers: undefined }] }],
  ])('is never %s', (_, story) => {
    expect(bookStory.safeParse(story).success).toBe(false);
  });
});
