import { connectionsOf, type Transition, TransitionKind, writeConnectionEntry } from '@outcry/broker';
import { describe, expect, it } from 'vitest';

import { toEvents, toLostEvent, type WrittenEvent } from './to-events.ts';

const ENTRY: Transition = {
  id: 'mm-1764166000000-0',
  key: '1764166000000-0',
  seq: 7,
  at: 1_764_166_000_000,
  kinds: [],
  room: 'lobby',
  user: 'ann',
  count: 1,
};
const PLACE = { at: 1_764_166_000_000, partition: 12, seq: 7 };

function read(events: readonly WrittenEvent[]): readonly unknown[] {
  return events.map(({ json }) => JSON.parse(json) as unknown);
}

describe('toEvents', () => {
  it('is one event for each thing that happened, in its order, with an id of its own', () => {
    const entry = { ...ENTRY, kinds: [TransitionKind.Occupied, TransitionKind.Joined] };
    expect(read(toEvents(12, entry))).toEqual([
      { id: 'mm-1764166000000-0-occupied', event: 'room occupied', ...PLACE, room: 'lobby' },
      { id: 'mm-1764166000000-0-joined', event: 'member joined', ...PLACE, room: 'lobby', user: 'ann', count: 1 },
    ]);
    const last = { ...ENTRY, count: 0, kinds: [TransitionKind.Left, TransitionKind.Vacated] };
    expect(read(toEvents(12, last))).toEqual([
      { id: 'mm-1764166000000-0-left', event: 'member left', ...PLACE, room: 'lobby', user: 'ann', count: 0 },
      { id: 'mm-1764166000000-0-vacated', event: 'room vacated', ...PLACE, room: 'lobby' },
    ]);
  });

  it('has connections by their names, and the run of their gateway', () => {
    const user = writeConnectionEntry({ connection: 'gw-1-2f', user: 'guest-1', isGuest: true });
    const entry = { ...ENTRY, room: connectionsOf('run'), user };
    const who = { connection: 'gw-1-2f', node: 'gw-1', run: 'run', user: 'guest-1', guest: true };
    const [opened, closed] = [TransitionKind.Joined, TransitionKind.Left].map((kind) =>
      toEvents(12, { ...entry, kinds: [kind] }),
    );
    expect(read([...(opened ?? []), ...(closed ?? [])])).toEqual([
      { id: 'mm-1764166000000-0-opened', event: 'connection opened', ...PLACE, ...who },
      { id: 'mm-1764166000000-0-closed', event: 'connection closed', ...PLACE, ...who },
    ]);
  });

  it('is a dead letter as it was, and says that it comes again', () => {
    const [event] = toEvents(12, { ...ENTRY, kinds: [TransitionKind.Joined] });
    const again = toEvents(12, { seq: 9, key: '1764166000001-0', at: 1_764_166_000_001, letter: event?.json ?? '' });
    expect(read(again)).toEqual([{ ...(JSON.parse(event?.json ?? '') as object), again: true }]);
    expect(again[0]?.id).toBe(event?.id);
  });

  it('is nothing where this version does not know what it is', () => {
    expect(toEvents(12, ENTRY)).toEqual([]);
    expect(toEvents(12, { ...ENTRY, room: connectionsOf('run'), kinds: [TransitionKind.Joined] })).toEqual([]);
  });
});

describe('toLostEvent', () => {
  it('has no number where nobody knows it', () => {
    const missing = { id: 'mm-1764166000000-6', undelivered: 2 };
    const lost = { id: 'mm-1764166000000-6-lost', event: 'events lost', partition: 12, undelivered: 2 };
    expect(read([toLostEvent(12, { ...missing, lost: 3 })])).toEqual([{ ...lost, lost: 3 }]);
    expect(read([toLostEvent(12, { ...missing, lost: undefined })])).toEqual([{ ...lost, lost: null }]);
  });
});
