import { describe, expect, it, onTestFinished, vi } from 'vitest';

import { NO_FAULTS } from '../check/faults.ts';
import { Heads } from '../check/heads.ts';
import { SeenMessages } from '../check/seen-messages.ts';
import { Recorder } from '../measure/recorder.ts';
import { Member } from './member.ts';
import { createPayload } from './payload.ts';
import type { Link } from './role.ts';

const ROOM = 'pit';

type Sent = Parameters<Link['send']>[0];

function linkTo(sent: Sent[], firstId = 1): Link {
  let nextId = firstId;
  return {
    target: 0,
    user: 'ann',
    framesPerSecond: 50,
    nextId: () => nextId++,
    send: (frame) => void sent.push(frame),
  };
}

function openMember(seen = new SeenMessages()): { readonly member: Member; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const recorder = new Recorder(1);
  const common = { runId: 'run', publisher: 7, padding: '', recorder, heads: new Heads(), seen };
  const member = new Member({ ...common, room: ROOM, isSlow: false });
  member.opened(linkTo(sent));
  member.received({ type: 'joined', id: 1, room: ROOM, epoch: 'e', recovered: false, seq: 0 });
  return { member, sent };
}

/** What a publisher of the run has said, at a number of the room. */
function message(seq: number, counter = seq, room = ROOM): Parameters<Member['received']>[0] {
  const data = createPayload(room, { publisher: 3, counter, sentAt: 0, padding: '' });
  return { type: 'message', room: ROOM, from: 'ann', at: 0, data, seq };
}

describe('Member', () => {
  it('comes back from where it stood when its leave was acknowledged, not when it was asked to', () => {
    const { member, sent } = openMember();
    member.leave();
    member.received(message(1));
    member.join();
    member.received(message(2));
    expect(sent.map(({ type }) => type)).toEqual(['join', 'leave']);
    member.received({ type: 'ack', id: 2 });
    expect(sent.at(-1)).toMatchObject({ type: 'join', since: { epoch: 'e', seq: 2 } });
    expect(member.faults(new Heads())).toEqual(NO_FAULTS);
  });

  it('comes back on a new connection, whatever was acknowledged on the old one', () => {
    const { member, sent } = openMember();
    member.leave();
    member.closed();
    member.opened(linkTo(sent, 10));
    expect(sent.map(({ type }) => type)).toEqual(['join', 'leave', 'join']);
  });

  it('asks again for a room that it was told to join later, and not for one that it may not join', () => {
    vi.useFakeTimers();
    onTestFinished(() => void vi.useRealTimers());
    for (const [retryable, joins] of [
      [true, 2],
      [false, 1],
    ] as const) {
      const sent: Sent[] = [];
      const { member } = openMember();
      member.closed();
      member.opened(linkTo(sent));
      member.received({ type: 'error', id: 1, code: 'unavailable', message: '', retryable });
      vi.advanceTimersByTime(2000);
      expect(sent.map(({ type }) => type)).toEqual(Array.from({ length: joins }, () => 'join'));
    }
  });

  it('finds nothing in what was published, in whatever order the publishers were heard', () => {
    const { member } = openMember();
    for (const [seq, counter] of [
      [1, 2],
      [2, 1],
      [3, 3],
    ] as const) {
      member.received(message(seq, counter));
    }
    expect(member.faults(new Heads())).toEqual(NO_FAULTS);
  });

  it('counts a text that nobody published there as altered', () => {
    const { member } = openMember();
    member.received({ type: 'message', room: ROOM, from: 'ann', at: 0, data: { text: 'hello' }, seq: 1 });
    member.received(message(2, 2, 'another room'));
    expect(member.faults(new Heads())).toEqual({ ...NO_FAULTS, altered: 2 });
  });

  it('counts a number that another member of the worker was sent with another message as conflicting', () => {
    const seen = new SeenMessages();
    const [one, other] = [openMember(seen).member, openMember(seen).member];
    one.received(message(1, 1));
    other.received(message(1, 2));
    expect(one.faults(new Heads())).toEqual(NO_FAULTS);
    expect(other.faults(new Heads())).toEqual({ ...NO_FAULTS, conflicting: 1 });
  });

  it('says in which rooms and epochs a gap was announced', () => {
    const { member } = openMember();
    expect(member.broken).toEqual([]);
    member.received({ type: 'reset', room: ROOM, epoch: 'f', seq: 9 });
    expect(member.broken).toEqual([`${ROOM} e`, `${ROOM} f`]);
  });
});
