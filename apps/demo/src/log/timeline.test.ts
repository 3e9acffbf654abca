import { describe, expect, it } from 'vitest';

import type { MessageEntry } from './entry.ts';
import { Timeline } from './timeline.ts';

const GAP = { cause: 'connection', isGap: true, awayMs: 5_000 } as const;
const BACK = { cause: 'connection', isGap: false, awayMs: 40 } as const;

function message(id: string, state: MessageEntry['state'] = 'shown'): MessageEntry {
  return { kind: 'message', id, from: 'ann', text: id, at: 0, state };
}

function numbered(seq: number): MessageEntry {
  return { ...message(String(seq)), position: { epoch: 'e', seq } };
}

function range(from: number, to: number): readonly MessageEntry[] {
  return Array.from({ length: to - from + 1 }, (_, i) => numbered(from + i));
}

function filled(from: number, to: number): Timeline {
  const timeline = new Timeline();
  timeline.begin({ epoch: 'e', seq: from });
  for (const entry of range(from, to)) timeline.show(entry);
  return timeline;
}

function idsOf({ entries }: Timeline): readonly string[] {
  return entries.map((entry) => (entry.kind === 'message' ? entry.id : entry.isGap ? 'gap' : 'back'));
}

function edgesOf(timeline: Timeline): readonly (string | undefined)[] {
  return [idsOf(timeline)[0], idsOf(timeline).at(-1)];
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
    const timeline = filled(3, 4);
    timeline.prepend(range(1, 3), { epoch: 'e', seq: 1 });
    expect(idsOf(timeline)).toEqual(['1', '2', '3', '4']);
    expect(timeline.shownCount).toBe(2);
    expect(timeline.from).toEqual({ epoch: 'e', seq: 1 });
  });

  it('holds a thousand entries for those who read at the end, and knows that what went can be had again', () => {
    const timeline = filled(1, 1_000);
    expect(timeline.hasOlder).toBe(false);
    timeline.show(numbered(1_001));
    expect(timeline.entries).toHaveLength(1_000);
    expect(edgesOf(timeline)).toEqual(['2', '1001']);
    expect([timeline.hasOlder, timeline.from?.seq, timeline.isCut]).toEqual([true, 2, false]);
  });

  it('leaves in its place what somebody reads further up, however much comes', () => {
    const timeline = filled(1, 1_000);
    timeline.isHeld = true;
    for (const entry of range(1_001, 3_000)) timeline.show(entry);
    expect(edgesOf(timeline)).toEqual(['1', '1000']);
    expect(timeline.isCut).toBe(true);
    expect(timeline.shownCount).toBe(3_000);
    expect(timeline.newest?.id).toBe('3000');
    timeline.returnToEnd();
    expect(edgesOf(timeline)).toEqual(['2001', '3000']);
  });

  it('takes the past in for what is newest, and keeps the end apart', () => {
    const timeline = filled(501, 1_500);
    timeline.prepend(range(451, 500), { epoch: 'e', seq: 451 });
    expect(edgesOf(timeline)).toEqual(['451', '1450']);
    expect(timeline.to).toEqual({ epoch: 'e', seq: 1_450 });
    timeline.show(numbered(1_501));
    expect(edgesOf(timeline)).toEqual(['451', '1450']);
  });

  it('goes on to the end with what the page holds, and is at the end again', () => {
    const timeline = filled(501, 1_500);
    timeline.prepend(range(451, 500), { epoch: 'e', seq: 451 });
    expect(timeline.advance()).toBe(true);
    expect([...edgesOf(timeline), timeline.isCut]).toEqual(['501', '1500', false]);
    timeline.show(numbered(1_501));
    expect(edgesOf(timeline)).toEqual(['502', '1501']);
  });

  it('asks for what lies between, where the end has gone on', () => {
    const timeline = filled(1, 1_000);
    timeline.isHeld = true;
    for (const entry of range(1_001, 2_100)) timeline.show(entry);
    expect(timeline.advance()).toBe(false);
    timeline.extend(range(1_001, 1_050), { epoch: 'e', seq: 1_050 });
    expect(edgesOf(timeline)).toEqual(['51', '1050']);
    expect(timeline.advance()).toBe(false);
    timeline.extend(range(1_051, 1_100), { epoch: 'e', seq: 1_100 });
    expect(timeline.advance()).toBe(true);
    expect(edgesOf(timeline)).toEqual(['201', '1200']);
  });

  it.each([
    [2_000, true],
    [2_001, false],
  ])('does not take for the next what is the next but one (the end at %i)', (newest, isNext) => {
    const timeline = filled(1, 1_000);
    timeline.isHeld = true;
    for (const entry of range(1_001, newest)) timeline.show(entry);
    expect(timeline.advance()).toBe(isNext);
  });

  it('marks what is not kept any more, and what cannot be had at all', () => {
    const timeline = filled(1, 1_000);
    timeline.isHeld = true;
    for (const entry of range(1_001, 2_100)) timeline.show(entry);
    timeline.extend(range(1_031, 1_050), { epoch: 'e', seq: 1_050 }, 30);
    expect(timeline.entries.findLast((entry) => entry.kind === 'divider')).toMatchObject({ isGap: true, missing: 30 });
    timeline.skipToEnd();
    expect(idsOf(timeline)).toContain('1101');
    expect(timeline.entries.filter((entry) => entry.kind === 'divider')).toHaveLength(2);
  });

  it('shows own messages at the end alone', () => {
    const timeline = filled(1, 1_000);
    timeline.isHeld = true;
    timeline.show(numbered(1_001));
    timeline.post(message('own', 'sending'));
    expect(idsOf(timeline)).not.toContain('own');
    timeline.returnToEnd();
    expect(idsOf(timeline).at(-1)).toBe('own');
  });

  it('replaces a divider by the next, but never hides a gap', () => {
    const timeline = new Timeline();
    timeline.divide(GAP);
    timeline.show(message('a'));
    timeline.divide(BACK);
    timeline.divide({ ...GAP, missing: 3 });
    timeline.divide(BACK);
    timeline.divide({ ...GAP, missing: 4 });
    expect(idsOf(timeline)).toEqual(['a', 'gap']);
    expect(timeline.entries.at(-1)).toMatchObject({ missing: 7 });
    timeline.divide(GAP);
    expect(timeline.entries.at(-1)).toMatchObject({ isGap: true, missing: undefined });
  });
});
