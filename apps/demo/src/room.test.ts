import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { Received } from './frames.ts';
import { Room } from './room.ts';
import { disconnected, FakeRequester, unavailable } from './testing/fake-requester.ts';

const ACK: Received<'ack'> = { type: 'ack' };

function createRoom(): { room: Room; connection: FakeRequester; lines: () => string[] } {
  const connection = new FakeRequester();
  const room = new Room({ name: 'lobby', user: 'ann', connection, onChange: () => undefined });
  const lines = (): string[] =>
    room.timeline.entries.map((entry) =>
      entry.kind === 'divider'
        ? entry.isGap
          ? '~gap~'
          : '~resumed~'
        : `${entry.from}: ${entry.text} (${entry.state})`,
    );
  room.join();
  return { room, connection, lines };
}

function joinedFrame(seq: number, fields: Partial<Received<'joined'>> = {}): Received<'joined'> {
  return { type: 'joined', room: 'lobby', epoch: 'e1', recovered: false, members: 1, seq, ...fields };
}

function messageFrame(seq: number, data: unknown, from = 'bob'): Received<'message'> {
  return { type: 'message', room: 'lobby', from, at: 1_000, data, seq };
}

/** The own message that was published last, as the room would send it back. */
function echoOf(connection: FakeRequester, seq: number): Received<'message'> {
  return messageFrame(seq, connection.sentOf('publish').at(-1)?.data, 'ann');
}

describe('Room', () => {
  beforeEach(() => {
    vi.useFakeTimers({ now: 1_000_000 });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  it('shows the history and what follows, once each', () => {
    const { room, connection, lines } = createRoom();
    expect(connection.sent).toEqual([{ type: 'join', room: 'lobby', history: 50, presence: true }]);
    room.handleFrame(joinedFrame(4));
    room.handleFrame(messageFrame(5, { text: 'one' }));
    room.handleFrame(messageFrame(5, { text: 'one' }));
    room.handleFrame(messageFrame(6, 'two'));
    room.handleFrame(messageFrame(7, { price: 3 }));
    room.handleFrame({ ...messageFrame(8, 'elsewhere'), room: 'other' });
    expect(lines()).toEqual(['bob: one (shown)', 'bob: two (shown)', 'bob: {"price":3} (shown)']);
  });

  it.each([
    ['the message comes before its ack', ['message', 'ack']],
    ['the ack comes before its message', ['ack', 'message']],
  ])('shows an own message once when %s', async (_, order) => {
    const { room, connection, lines } = createRoom();
    room.handleFrame(joinedFrame(0));
    room.say('hello');
    expect(lines()).toEqual(['ann: hello (sending)']);
    for (const step of order) {
      if (step === 'ack') await connection.answer('publish', ACK);
      else room.handleFrame(echoOf(connection, 1));
    }
    expect(lines()).toEqual(['ann: hello (shown)']);
  });

  it('takes no other user’s message for its own, whatever key it carries', () => {
    const { room, connection, lines } = createRoom();
    room.handleFrame(joinedFrame(0));
    room.say('mine');
    room.handleFrame({ ...echoOf(connection, 1), from: 'eve' });
    expect(lines()).toEqual(['eve: mine (shown)', 'ann: mine (sending)']);
  });

  it('marks a message that failed, and repeats it under the same key', async () => {
    const { room, connection, lines } = createRoom();
    room.handleFrame(joinedFrame(0));
    room.say('hello');
    await connection.fail('publish', unavailable());
    expect(lines()).toEqual(['ann: hello (failed)']);
    room.retry(room.timeline.outbox[0]?.id ?? '');
    const [first, second] = connection.sentOf('publish');
    expect(second).toEqual(first);
    await connection.answer('publish', ACK);
    room.handleFrame(echoOf(connection, 1));
    expect(lines()).toEqual(['ann: hello (shown)']);
  });

  it('resumes where it was, says so, and delivers under the old key what it could not', async () => {
    const { room, connection, lines } = createRoom();
    room.handleFrame(joinedFrame(0));
    room.handleFrame(messageFrame(1, 'before'));
    room.say('lost?');
    await connection.fail('publish', disconnected());
    room.handleLoss();
    room.say('offline');

    room.join();
    expect(connection.sentOf('join').at(-1)).toMatchObject({ since: { epoch: 'e1', seq: 1 } });
    room.handleFrame(joinedFrame(1, { recovered: true }));
    room.handleFrame(messageFrame(2, 'missed'));
    const texts = connection.sentOf('publish').map(({ data }) => (data as { text: string }).text);
    expect(texts).toEqual(['lost?', 'lost?', 'offline']);
    expect(connection.sentOf('publish')[1]).toEqual(connection.sentOf('publish')[0]);
    expect(lines()).toEqual([
      'bob: before (shown)',
      '~resumed~',
      'bob: missed (shown)',
      'ann: lost? (sending)',
      'ann: offline (sending)',
    ]);
  });

  it('does not publish by itself what has waited longer than its key is known', async () => {
    const { room, connection, lines } = createRoom();
    room.say('early');
    await vi.advanceTimersByTimeAsync(4 * 60_000);
    room.handleFrame(joinedFrame(0));
    expect(connection.sentOf('publish')).toEqual([]);
    expect(lines()).toEqual(['ann: early (failed)']);
  });

  it('shows a gap where the room could not be resumed', () => {
    const { room, lines } = createRoom();
    room.handleFrame(joinedFrame(0));
    room.handleFrame(messageFrame(1, 'old'));
    room.join();
    room.handleFrame(joinedFrame(0, { epoch: 'e2' }));
    room.handleFrame(messageFrame(1, 'new'));
    expect(lines()).toEqual(['bob: old (shown)', '~gap~', 'bob: new (shown)']);
  });

  it('shows no gap, and nothing twice, where the replay reaches back far enough', () => {
    const { room, lines } = createRoom();
    room.handleFrame(joinedFrame(0));
    room.handleFrame(messageFrame(1, 'one'));
    room.join();
    room.handleFrame(joinedFrame(0));
    room.handleFrame(messageFrame(1, 'one'));
    room.handleFrame(messageFrame(2, 'two'));
    expect(lines()).toEqual(['bob: one (shown)', '~resumed~', 'bob: two (shown)']);
  });

  it('shows a gap where the gateway says that continuity is broken', () => {
    const { room, lines } = createRoom();
    room.handleFrame(joinedFrame(0));
    room.handleFrame(messageFrame(1, 'one'));
    room.handleFrame({ type: 'reset', room: 'lobby', epoch: 'e1', seq: 8 });
    room.handleFrame(messageFrame(9, 'nine'));
    expect(lines()).toEqual(['bob: one (shown)', '~gap~', 'bob: nine (shown)']);
  });

  it('joins again from where it was when it sees a hole', () => {
    const { room, connection, lines } = createRoom();
    room.handleFrame(joinedFrame(0));
    room.handleFrame(messageFrame(1, 'one'));
    room.handleFrame(messageFrame(3, 'three'));
    room.handleFrame(messageFrame(4, 'four'));
    expect(connection.sentOf('join')).toHaveLength(2);
    expect(connection.sentOf('join')[1]).toMatchObject({ since: { epoch: 'e1', seq: 1 } });
    expect(lines()).toEqual(['bob: one (shown)']);
  });

  it('asks for the members once when several come and go', async () => {
    const { room, connection } = createRoom();
    room.handleFrame(joinedFrame(0));
    room.handleFrame({ type: 'member', room: 'lobby', user: 'bob', change: 'joined', count: 2 });
    room.handleFrame({ type: 'member', room: 'lobby', user: 'cy', change: 'joined', count: 3 });
    expect(room.memberCount).toBe(3);
    await vi.advanceTimersByTimeAsync(100);
    expect(connection.sentOf('members')).toHaveLength(1);
    const members = [
      { user: 'cy', connections: 1 },
      { user: 'ann', connections: 2 },
    ];
    await connection.answer('members', { type: 'ack', count: 2, members });
    expect(room.members.map(({ user }) => user)).toEqual(['ann', 'cy']);
    expect(room.memberCount).toBe(2);
  });

  it('shows who is typing until the message comes, or five seconds have passed', async () => {
    const { room } = createRoom();
    room.handleFrame(joinedFrame(0));
    for (const from of ['bob', 'cy', 'ann']) room.handleFrame({ type: 'signal', room: 'lobby', from, name: 'typing' });
    expect(room.typing).toEqual(['bob', 'cy']);
    room.handleFrame(messageFrame(1, 'done'));
    expect(room.typing).toEqual(['cy']);
    await vi.advanceTimersByTimeAsync(5_000);
    expect(room.typing).toEqual([]);
  });

  it('says that it is typing at most every two and a half seconds', async () => {
    const { room, connection } = createRoom();
    room.handleFrame(joinedFrame(0));
    room.sayTyping();
    room.sayTyping();
    expect(connection.sentOf('signal')).toHaveLength(1);
    await vi.advanceTimersByTimeAsync(2_500);
    room.sayTyping();
    expect(connection.sentOf('signal')).toHaveLength(2);
  });
});
