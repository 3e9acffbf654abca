import type { RoomEvent } from '@outcry/client';
import { describe, expect, it } from 'vitest';

import type { Interruption } from './entry.ts';
import { Interruptions } from './interruptions.ts';
import { interruptionText } from './views/divider.ts';

const AWAY: RoomEvent = { type: 'away' };

function joined(seq: number, { isResumed = true, isRecovered = false, epoch = 'e' } = {}): RoomEvent {
  return { type: 'joined', position: { epoch, seq }, isResumed, isRecovered, memberCount: undefined };
}

function gap(seq: number, epoch = 'e'): RoomEvent {
  return { type: 'gap', reason: 'reset', position: { epoch, seq } };
}

function message(seq: number, epoch = 'e'): RoomEvent {
  return { type: 'message', room: 'pit', from: 'ann', at: 0, data: '', seq, epoch };
}

/** Each event a second after the one before. */
function textsAfter(...events: readonly RoomEvent[]): readonly string[] {
  let now = 0;
  const interruptions = new Interruptions(() => now);
  const heard = events.map((event) => {
    now += 1_000;
    return interruptions.hear(event);
  });
  return heard.filter((one): one is Interruption => one !== undefined).map(interruptionText);
}

const BEGIN = [joined(7, { isResumed: false }), message(8)];

describe('Interruptions', () => {
  it('says nothing of a first join, nor of one that was asked for again on the same connection', () => {
    expect(textsAfter(...BEGIN)).toEqual([]);
    expect(textsAfter(...BEGIN, joined(8, { isRecovered: true }))).toEqual([]);
  });

  it('tells a lost connection, how long it was, and that nothing was missed', () => {
    expect(textsAfter(...BEGIN, AWAY, joined(8, { isRecovered: true }))).toEqual([
      'Reconnected after 1.0 s. Nothing was missed',
    ]);
  });

  it('counts what is not kept any more', () => {
    expect(textsAfter(...BEGIN, AWAY, joined(320), gap(320), message(321), AWAY, joined(322), gap(322))).toEqual([
      'Reconnected after 2.0 s. 312 messages are missing here',
      'Reconnected after 2.0 s. 1 message is missing here',
    ]);
  });

  it('does not say “Reconnected” where nothing reconnected', () => {
    expect(textsAfter(...BEGIN, gap(9_008))).toEqual(['9,000 messages are missing here']);
    expect(textsAfter(...BEGIN, gap(8))).toEqual([]);
  });

  it('knows a room that began anew from one that went on', () => {
    expect(textsAfter(...BEGIN, gap(0, 'f'))).toEqual(['The room began anew here: what was said last may be lost']);
    expect(textsAfter(...BEGIN, AWAY, joined(2, { epoch: 'f' }), gap(2, 'f'))).toEqual([
      'Reconnected after 2.0 s. The room began anew here: what was said last may be lost',
    ]);
    expect(textsAfter(...BEGIN, gap(6))).toEqual(['The room began anew here: what was said last may be lost']);
  });
});
