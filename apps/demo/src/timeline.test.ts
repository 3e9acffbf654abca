import { describe, expect, it } from 'vitest';

import { type MessageEntry, Timeline } from './timeline.ts';

function message(id: string, state: MessageEntry['state'] = 'shown'): MessageEntry {
  return { kind: 'message', id, from: 'ann', text: id, at: 0, state };
}

function idsOf(timeline: Timeline): readonly string[] {
  return timeline.entries.map((entry) => (entry.kind === 'message' ? entry.id : entry.isGap ? 'gap' : 'resumed'));
}

describe('Timeline', () => {
  it('shows a message once', () => {
    const timeline = new Timeline();
    expect([timeline.show(message('a')), timeline.show(message('a'))]).toEqual([true, false]);
    expect(idsOf(timeline)).toEqual(['a']);
  });

  it('keeps own messages last until the room has shown them', () => {
    const timeline = new Timeline();
    timeline.post(message('own', 'sending'));
    timeline.show(message('a'));
    expect(idsOf(timeline)).toEqual(['a', 'own']);
    timeline.show(message('own'));
    timeline.show(message('b'));
    expect(idsOf(timeline)).toEqual(['a', 'own', 'b']);
  });

  it('puts the past before all that is shown, without what is there already', () => {
    const timeline = new Timeline();
    timeline.show(message('c'));
    timeline.prepend([message('a'), message('b'), message('c')]);
    expect(idsOf(timeline)).toEqual(['a', 'b', 'c']);
    expect(timeline.shownCount).toBe(1);
  });

  it('holds a thousand entries: the oldest go for newer ones, and the past does not push out what is read', () => {
    const timeline = new Timeline();
    for (let i = 0; i < 1_001; i++) timeline.show(message(String(i)));
    expect(timeline.isFull).toBe(true);
    timeline.prepend([message('past')]);
    expect(timeline.entries).toHaveLength(1_000);
    expect(timeline.entries[0]).toMatchObject({ id: '1' });
  });

  it('replaces a divider by the next, but never hides a gap', () => {
    const timeline = new Timeline();
    timeline.divide(true);
    timeline.show(message('a'));
    timeline.divide(true);
    timeline.divide(false);
    expect(idsOf(timeline)).toEqual(['a', 'gap']);
  });
});
