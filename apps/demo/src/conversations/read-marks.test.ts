import { describe, expect, it } from 'vitest';

import { Keepsake } from '../browser/keepsake.ts';
import { ReadMarks } from './read-marks.ts';

function keepsake(): Keepsake {
  const texts = new Map<string, string>();
  const storage: Partial<Storage> = {
    getItem: (key) => texts.get(key) ?? null,
    setItem: (key, text) => texts.set(key, text),
  };
  return new Keepsake(() => storage as Storage);
}

const BEGUN_AT = 1_000_000;

function marks(kept = keepsake()): ReadMarks {
  return new ReadMarks({ keepsake: kept, since: () => BEGUN_AT });
}

describe('ReadMarks', () => {
  it('takes what was said before the visit for read, where nothing is known', () => {
    const first = marks();
    expect(first.isRead('ann', 'room:pit', { epoch: 'e', seq: 7, at: BEGUN_AT - 1 })).toBe(true);
    expect(first.isRead('ann', 'room:pit', { epoch: 'e', seq: 8, at: BEGUN_AT + 1 })).toBe(false);
  });

  it('goes by the order of the room, whatever the clocks say', () => {
    const kept = keepsake();
    marks(kept).mark('ann', 'room:pit', { epoch: 'e', seq: 8, at: BEGUN_AT + 500 });
    const next = marks(kept);
    expect(next.isRead('ann', 'room:pit', { epoch: 'e', seq: 8, at: BEGUN_AT + 9_000 })).toBe(true);
    expect(next.isRead('ann', 'room:pit', { epoch: 'e', seq: 9, at: BEGUN_AT + 400 })).toBe(false);
  });

  it('never goes back, and goes by time where the room has begun anew', () => {
    const kept = keepsake();
    const one = marks(kept);
    one.mark('ann', 'room:pit', { epoch: 'e', seq: 12, at: BEGUN_AT + 500 });
    marks(kept).mark('ann', 'room:pit', { epoch: 'e', seq: 10, at: BEGUN_AT + 300 });
    expect(one.isRead('ann', 'room:pit', { epoch: 'e', seq: 12, at: 0 })).toBe(true);
    expect(one.isRead('ann', 'room:pit', { epoch: 'f', seq: 1, at: BEGUN_AT + 501 })).toBe(false);
    expect(one.isRead('ann', 'room:pit', { epoch: 'f', seq: 1, at: BEGUN_AT + 500 })).toBe(true);
  });

  it('tells apart users and conversations whose names run into each other', () => {
    const one = marks();
    one.mark('a.room:b', 'room:c', { epoch: 'e', seq: 9, at: BEGUN_AT + 5 });
    expect(one.isRead('a', 'room:b.room:c', { epoch: 'e', seq: 9, at: BEGUN_AT + 5 })).toBe(false);
  });

  it('remembers for the visit where a browser keeps nothing', () => {
    const refused = new Keepsake(() => {
      throw new DOMException('The operation is insecure.', 'SecurityError');
    });
    const one = marks(refused);
    one.mark('ann', 'room:pit', { epoch: 'e', seq: 8, at: BEGUN_AT + 1 });
    expect(one.isRead('ann', 'room:pit', { epoch: 'e', seq: 8, at: BEGUN_AT + 1 })).toBe(true);
  });

  it.each(['1723161253', '{}', '{"epoch":1,"seq":2,"at":3}', 'null', 'nonsense'])(
    'makes nothing of %s, which is not its own',
    (text) => {
      const kept = keepsake();
      kept.set('outcry.read.["ann","room:pit"]', text);
      expect(marks(kept).isRead('ann', 'room:pit', { epoch: 'e', seq: 1, at: BEGUN_AT + 1 })).toBe(false);
    },
  );
});
