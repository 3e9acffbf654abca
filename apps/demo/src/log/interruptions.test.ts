import type { RoomEvent } from '@outcry/client';
import { describe, expect, it } from 'vitest';

import type { Interruption } from './entry.ts';
import { Interruptions } from './interruptions.ts';
import { interruptionText } from '../views/chat/divider.ts';

const AWAY: RoomEvent = { type: 'away' };
const POSITION = { epoch: 'e', seq: 8 };
const LOST = 'The room began anew here: what was said last may be lost';

function joined(how: Partial<Extract<RoomEvent, { type: 'joined' }>>): RoomEvent {
  const first = { isResumed: false, isRecovered: false, isReconnected: false, memberCount: undefined };
  return { type: 'joined', position: POSITION, ...first, ...how };
}

function gap(missed: number | undefined): RoomEvent {
  return { type: 'gap', reason: 'reset', position: POSITION, missed };
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

const FIRST = joined({});
const RECOVERED = joined({ isResumed: true, isRecovered: true, isReconnected: true });
const BACK = joined({ isResumed: true, isReconnected: true });
const ANEW = joined({ isResumed: true });

describe('Interruptions', () => {
  it('says nothing of a first join, nor of one that was asked for again on the same connection', () => {
    expect(textsAfter(FIRST)).toEqual([]);
    expect(textsAfter(FIRST, joined({ isResumed: true, isRecovered: true }))).toEqual([]);
  });

  it('tells a lost connection, how long it was, and that nothing was missed', () => {
    expect(textsAfter(FIRST, AWAY, RECOVERED)).toEqual(['Reconnected after 1.0 s. Nothing was missed']);
    expect(textsAfter(FIRST, AWAY, BACK, gap(0))).toEqual(['Reconnected after 1.0 s. Nothing was missed']);
  });

  it('counts what is not kept any more', () => {
    expect(textsAfter(FIRST, AWAY, BACK, gap(312), AWAY, BACK, gap(1))).toEqual([
      'Reconnected after 1.0 s. 312 messages are missing here',
      'Reconnected after 1.0 s. 1 message is missing here',
    ]);
  });

  it('does not say “Reconnected” where nothing reconnected', () => {
    expect(textsAfter(FIRST, ANEW, gap(9_000))).toEqual(['9,000 messages are missing here']);
    expect(textsAfter(FIRST, AWAY, RECOVERED, ANEW, gap(5)).at(-1)).toBe('5 messages are missing here');
    expect(textsAfter(FIRST, ANEW, gap(0))).toEqual([]);
  });

  it('knows a room that began anew from one that went on', () => {
    expect(textsAfter(FIRST, gap(undefined))).toEqual([LOST]);
    expect(textsAfter(FIRST, AWAY, BACK, gap(undefined))).toEqual([`Reconnected after 1.0 s. ${LOST}`]);
  });
});
