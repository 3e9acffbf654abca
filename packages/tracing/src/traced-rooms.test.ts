import { afterEach, beforeEach, expect, it, vi } from 'vitest';

import { MessageTracing } from './message-tracing.ts';
import type { RecordedSpan } from './recorded-span.ts';
import { SpanRecorder } from './span-recorder.ts';
import { TraceBudget } from './trace-budget.ts';
import { TracedRooms } from './traced-rooms.ts';

const PER_SECOND = 4;

let spans: RecordedSpan[];
let ignored: string[];
let rooms: TracedRooms;
beforeEach(() => {
  vi.useFakeTimers();
  spans = [];
  ignored = [];
  const tracing = new MessageTracing({
    spans: new SpanRecorder((span) => spans.push(span)),
    metrics: { countIgnored: (...why) => ignored.push(why.join(' ')) },
    budget: new TraceBudget(PER_SECOND),
    patternOf: () => 'chat.*',
  });
  rooms = new TracedRooms(tracing);
});
afterEach(() => {
  rooms.close();
  expect(vi.getTimerCount()).toBe(0);
  vi.useRealTimers();
});

function begin(room: string) {
  return rooms.begin({ room, startedAt: performance.now(), decodedAt: performance.now() });
}

it('traces the messages of a room for as long as asked, and of no other', () => {
  expect(rooms.untraced).toBeUndefined();
  expect(rooms.trace('chat.1', 10)).toBe(true);
  // No message has this: each is looked at.
  expect(rooms.untraced).toBeNull();
  expect(begin('chat.2')).toBeUndefined();
  const sent = begin('chat.1')?.send();
  begin('chat.1')?.end({ position: { epoch: 'e', seq: 1 }, isDuplicate: false });
  expect(spans.filter(({ name }) => name === 'publish chat.*').map(({ parentId }) => parentId)).toEqual([undefined]);
  // Whoever relays it hangs below whoever published it, as ever.
  expect(sent?.parentId).toMatch(/^[0-9a-f]{16}$/);
  vi.advanceTimersByTime(9_999);
  expect(begin('chat.1')).toBeDefined();
  vi.advanceTimersByTime(1);
  expect(begin('chat.1')).toBeUndefined();
  expect(rooms.untraced).toBeUndefined();
});

it('goes on for the whole time where it is asked for again, and for a minute at most', () => {
  rooms.trace('chat.1', 10);
  vi.advanceTimersByTime(9_000);
  rooms.trace('chat.1', 3600);
  vi.advanceTimersByTime(59_999);
  expect(begin('chat.1')).toBeDefined();
  vi.advanceTimersByTime(1);
  expect(begin('chat.1')).toBeUndefined();
});

it('traces four rooms at once, and so many messages in a second, counted where there are more', () => {
  expect(['a', 'b', 'c', 'd', 'e', 'a'].map((room) => rooms.trace(room, 60))).toEqual([
    ...[true, true, true, true, false, true],
  ]);
  const begun = Array.from({ length: PER_SECOND + 2 }, () => begin('a')).filter((trace) => trace !== undefined);
  expect(begun).toHaveLength(PER_SECOND);
  expect(ignored).toEqual(['watch rate', 'watch rate']);
});
