import { describe, expect, it } from 'vitest';

import { type RoomRule, RoomRules } from './room-rules.ts';
import { ALL_RIGHTS } from '../identity/rights/room-rights.ts';

const rule = (count: number): RoomRule => ({
  retention: { count, ms: 1000 },
  presence: true,
  publish: 'members',
  signal: 'members',
  readHistory: true,
  users: ALL_RIGHTS,
  guests: ALL_RIGHTS,
});

describe('RoomRules', () => {
  const rules = new RoomRules(
    [
      { pattern: 'news.eu', rule: rule(1) },
      { pattern: 'news.*', rule: rule(2) },
      { pattern: '*-log', rule: rule(3) },
      { pattern: '@*', rule: rule(4) },
    ],
    rule(9),
  );

  it.each([
    ['news.eu', 1],
    ['news.us', 2],
    ['news.', 2],
    ['newsXeu', 9],
    ['audit-log', 3],
    ['audit-logs', 9],
    ['@ann', 4],
    ['@all', 4],
    ['lobby', 9],
  ])('takes for %s the first rule that matches', (room, count) => {
    expect(rules.of(room).retention.count).toBe(count);
  });

  it.each([
    ['news.eu', 'news.eu'],
    ['news.us', 'news.*'],
    ['audit-log', '*-log'],
    ['@ann', '@*'],
    ['lobby', '*'],
  ])('names for %s the pattern of its rule, or what stands for one', (room, pattern) => {
    expect(rules.patternOf(room)).toBe(pattern);
    expect(new RoomRules([], rule(9)).patternOf(room)).toBe(room === '@ann' ? '@*' : '*');
  });

  it('may archive all that is stored, whatever they say of that, and what stores nothing stays as it is', () => {
    const patterns = [
      { pattern: 'stored', rule: rule(1) },
      { pattern: 'unstored', rule: rule(0) },
    ];
    const archived = (...defaults: readonly [RoomRule, RoomRule]): readonly unknown[] => {
      const all = new RoomRules(patterns, ...defaults).allArchived();
      return ['stored', 'unstored', 'lobby', '@ann'].map((room) => all.of(room).retention);
    };
    const [kept, unkept] = [
      { ...rule(1).retention, isArchived: true },
      { count: 0, ms: 1000 },
    ];
    expect(archived(rule(1), rule(0))).toEqual([kept, unkept, kept, unkept]);
    expect(archived(rule(0), rule(1))).toEqual([kept, unkept, unkept, kept]);
  });

  it('name those whose rooms are archived, as they are written, and what stands for the defaults at the end', () => {
    const kept: RoomRule = { ...rule(1), retention: { ...rule(1).retention, isArchived: true } };
    const patterns = [
      { pattern: 'news.*', rule: kept },
      { pattern: 'quiet', rule: { ...kept, retention: { ...kept.retention, isArchived: false } } },
      { pattern: 'chat', rule: kept },
    ];
    expect(new RoomRules(patterns, rule(1)).archived).toEqual(['news.*', 'chat']);
    expect(new RoomRules(patterns, kept, rule(1)).archived).toEqual(['news.*', 'chat', '*']);
    expect(new RoomRules([], rule(1), kept).archived).toEqual(['@*']);
    expect(new RoomRules([], kept).archived).toEqual(['*', '@*']);
  });
});
