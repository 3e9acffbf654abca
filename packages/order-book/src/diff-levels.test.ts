import { describe, expect, it } from 'vitest';

import { diffLevels } from './diff-levels.ts';
import { type Level, Side } from './level.ts';

describe('diffLevels', () => {
  it('tells nothing where nothing changed', () => {
    const view: Level[] = [
      [101, 5],
      [102, 6],
    ];
    expect(diffLevels(view, view, Side.Asks)).toEqual([]);
    expect(diffLevels(view, structuredClone(view), Side.Asks)).toEqual([]);
    expect(diffLevels([], [], Side.Bids)).toEqual([]);
  });

  it('tells new, resized and vanished levels best first', () => {
    const before: Level[] = [
      [100, 1],
      [99, 2],
      [97, 3],
    ];
    const after: Level[] = [
      [101, 9],
      [99, 4],
      [98, 8],
      [97, 3],
    ];
    expect(diffLevels(before, after, Side.Bids)).toEqual([
      [101, 9],
      [100, 0],
      [99, 4],
      [98, 8],
    ]);
  });

  it('tells a level that is pushed out of the depth with size 0', () => {
    const before: Level[] = [
      [101, 1],
      [102, 2],
    ];
    const after: Level[] = [
      [100, 7],
      [101, 1],
    ];
    expect(diffLevels(before, after, Side.Asks)).toEqual([
      [100, 7],
      [102, 0],
    ]);
  });

  it('turns an empty view into a full one and back', () => {
    const full: Level[] = [
      [5, 1],
      [4, 1],
    ];
    expect(diffLevels([], full, Side.Bids)).toEqual(full);
    expect(diffLevels(full, [], Side.Bids)).toEqual([
      [5, 0],
      [4, 0],
    ]);
  });
});
