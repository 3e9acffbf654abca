import slotOf from 'cluster-key-slot';
import { describe, expect, it } from 'vitest';
import { KeySpace } from './redis/keys.ts';
import { PARTITION_COUNT, PARTITION_TAGS, partitionAt, partitionOf, partitionTagOf } from './partition.ts';

const SLOTS = 16_384;

describe('partitions', () => {
  it('are 64, each in its own sixty-fourth of the slots', () => {
    const ranges = PARTITION_TAGS.map((tag) => Math.floor(slotOf(tag) / (SLOTS / 64)));
    expect(ranges).toEqual(Array.from({ length: 64 }, (_, i) => i));
  });

  it('have tags that no client can choose the text of', () => {
    for (const tag of PARTITION_TAGS) expect(tag).toMatch(/^[a-z0-9]{2}$/);
  });

  it('are told by the names of what lies in them, whatever stands in front and behind', () => {
    for (const prefix of ['outcry', 'a', 'x:{mm}'.replaceAll(/[{}]/g, '-')]) {
      const space = new KeySpace(prefix);
      for (const [partition, tag] of PARTITION_TAGS.entries()) {
        expect(space.partitionIn(`${space.baseIn(tag)}room/{mm}é`)).toBe(partition);
      }
      expect(space.partitionIn(`${space.baseOf('lobby')}meta/lobby`)).toBe(partitionOf('lobby'));
    }
  });

  it.each(['', '{', 'mM', '\u1234\u0001', 'é{', '  '])('are not told by "%s", which is no tag', (text) => {
    expect(partitionAt(text, 0)).toBe(PARTITION_COUNT);
  });

  it('spread names evenly', () => {
    const counts = new Map<string, number>();
    for (let i = 0; i < 64_000; i += 1) {
      const tag = partitionTagOf(`room-${String(i)}`);
      counts.set(tag, (counts.get(tag) ?? 0) + 1);
    }
    expect(counts.size).toBe(64);
    for (const count of counts.values()) expect(Math.abs(count - 1000)).toBeLessThan(250);
  });

  it('stay what they are, because stored keys are named after them', () => {
    expect(['lobby', '@all', '@ann', 'BTC/USDT'].map(partitionTagOf)).toMatchInlineSnapshot(`
      [
        "i3",
        "yg",
        "mm",
        "iu",
      ]
    `);
  });
});
