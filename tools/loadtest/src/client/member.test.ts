import { describe, expect, it } from 'vitest';

import { Heads } from '../check/heads.ts';
import { NO_FAULTS } from '../check/faults.ts';
import { Recorder } from '../measure/recorder.ts';
import { Member } from './member.ts';
import type { Link } from './role.ts';

const ROOM = 'pit';

type Sent = Parameters<Link['send']>[0];

function linkTo(sent: Sent[]): Link {
  return { target: 0, send: (frame) => void sent.push(frame) };
}

function openMember(): { readonly member: Member; readonly sent: Sent[] } {
  const sent: Sent[] = [];
  const member = new Member({ room: ROOM, isSlow: false, padding: [], recorder: new Recorder(1), heads: new Heads() });
  member.opened(linkTo(sent));
  member.received({ type: 'joined', id: 1, room: ROOM, epoch: 'e', recovered: false, seq: 0 });
  return { member, sent };
}

function message(seq: number): Parameters<Member['received']>[0] {
  return { type: 'message', room: ROOM, from: 'ann', at: 0, data: undefined, seq };
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
    member.opened(linkTo(sent));
    expect(sent.map(({ type }) => type)).toEqual(['join', 'leave', 'join']);
  });
});
