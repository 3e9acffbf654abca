import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { Heads } from '../check/heads.ts';
import { SeenMessages } from '../check/seen-messages.ts';
import { Recorder } from '../measure/recorder.ts';
import { Outbox } from './outbox.ts';
import { readPayload } from './payload.ts';
import type { Link } from './role.ts';

const ROOM = 'pit';

interface Publish {
  readonly id: number;
  readonly key: string;
  readonly counter: number | undefined;
}

/** A publisher, what it has sent on whatever connection, and what was counted. */
function openOutbox(): {
  readonly outbox: Outbox;
  readonly sent: Publish[];
  readonly link: Link;
  readonly recorder: Recorder;
  readonly seen: SeenMessages;
} {
  const sent: Publish[] = [];
  let nextId = 1;
  const link: Link = {
    target: 0,
    user: 'ann',
    framesPerSecond: 50,
    nextId: () => nextId++,
    send: (frame) => {
      if (frame.type !== 'publish') throw new Error(`a publisher sent ${frame.type}`);
      sent.push({ id: Number(frame.id), key: frame.key ?? '', counter: readPayload(ROOM, frame.data)?.counter });
    },
  };
  const [recorder, seen] = [new Recorder(1), new SeenMessages()];
  const options = { room: ROOM, runId: 'run', publisher: 7, padding: '', recorder, heads: new Heads(), seen };
  const outbox = new Outbox(options);
  outbox.joined(link);
  return { outbox, sent, link, recorder, seen };
}

describe('Outbox', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('numbers what it publishes, and holds it until it was told the place of each', () => {
    const { outbox, sent, recorder, seen } = openOutbox();
    outbox.publish();
    outbox.publish();
    expect(sent).toEqual([
      { id: 1, key: 'run.7.1', counter: 1 },
      { id: 2, key: 'run.7.2', counter: 2 },
    ]);
    outbox.acknowledged(2, { epoch: 'e', seq: 41 });
    expect(outbox.size).toBe(1);
    expect(seen.take()).toEqual([{ key: 'pit e', delivered: [], acknowledged: [[41, 7 * 2 ** 32 + 2]] }]);
    expect(recorder.take().counters).toMatchObject({ published: 2, acknowledged: 1, repeats: 0 });
  });

  it('publishes again what had no answer when the connection was lost, under the same keys and in the same order', () => {
    const { outbox, sent, link, recorder } = openOutbox();
    for (let i = 0; i < 3; i++) outbox.publish();
    outbox.acknowledged(2, { epoch: 'e', seq: 1 });
    outbox.lost();
    outbox.joined(link);
    vi.advanceTimersByTime(100);
    expect(sent.slice(3)).toEqual([
      { id: 4, key: 'run.7.1', counter: 1 },
      { id: 5, key: 'run.7.3', counter: 3 },
    ]);
    // An answer on the lost connection is none.
    outbox.acknowledged(1, { epoch: 'e', seq: 2 });
    expect(outbox.size).toBe(2);
    const { counters, ack } = recorder.take();
    expect(counters).toMatchObject({ published: 3, acknowledged: 1, repeats: 2 });
    expect(ack.reduce((sum, [, count]) => sum + count, 0)).toBe(1);
  });

  it('does not publish again as another user, whose key would be another: what comes to itself is answered', () => {
    const { outbox, sent, link, recorder } = openOutbox();
    for (let i = 0; i < 3; i++) outbox.publish();
    outbox.delivered(1);
    outbox.lost();
    outbox.joined({ ...link, user: 'guest-2' });
    expect(outbox.size).toBe(2);
    outbox.delivered(2);
    vi.advanceTimersByTime(1000);
    expect(sent).toHaveLength(3);
    expect(outbox.size).toBe(1);
    expect(recorder.take().counters).toMatchObject({ published: 3, acknowledged: 2, repeats: 0, unknown: 3 });
  });

  it('publishes again what was answered with "later", after a while, and what was refused never', () => {
    const { outbox, sent } = openOutbox();
    outbox.publish();
    outbox.publish();
    outbox.refused(1, true);
    outbox.refused(2, false);
    expect(outbox.size).toBe(1);
    expect(sent).toHaveLength(2);
    vi.advanceTimersByTime(2000);
    expect(sent.slice(2)).toEqual([{ id: 3, key: 'run.7.1', counter: 1 }]);
  });

  it('does not publish again what a gateway may have forgotten the key of', () => {
    const { outbox, sent, link } = openOutbox();
    outbox.publish();
    outbox.lost();
    vi.advanceTimersByTime(241_000);
    outbox.joined(link);
    vi.advanceTimersByTime(100);
    expect(sent).toHaveLength(1);
    expect(outbox.size).toBe(0);
  });

  it('keeps what is due while the room is away, behind what has no answer, and sends it no faster than a gateway takes it', () => {
    const { outbox, sent, link, recorder } = openOutbox();
    outbox.publish();
    outbox.lost();
    for (let i = 0; i < 100; i++) outbox.publish();
    expect(recorder.take().counters).toMatchObject({ published: 1 });
    outbox.joined(link);
    // One that is due meanwhile does not overtake.
    outbox.publish();
    vi.advanceTimersByTime(1000);
    expect(sent.length).toBeLessThanOrEqual(41);
    vi.advanceTimersByTime(2000);
    expect(sent.map(({ counter }) => counter)).toEqual([1, ...Array.from({ length: 102 }, (_, i) => i + 1)]);
    expect(recorder.take().counters).toMatchObject({ published: 101, repeats: 1 });
  });

  it('is full where it holds as much without an answer as it may', () => {
    const { outbox } = openOutbox();
    for (let i = 0; i < 1000; i++) outbox.publish();
    expect(outbox.isFull).toBe(true);
    outbox.acknowledged(1, { epoch: 'e', seq: 1 });
    expect(outbox.isFull).toBe(false);
  });
});
