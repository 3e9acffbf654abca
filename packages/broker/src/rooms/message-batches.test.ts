import { setImmediate as settled } from 'node:timers/promises';
import { beforeEach, describe, expect, it } from 'vitest';
import { RedirectError } from '../redis/faults/redirect.ts';
import type { ScriptArgument } from '../redis/scripts/script-call.ts';
import { ServerLine } from '../redis/server/server-line.ts';
import type { Published } from './broker.ts';
import type { RoomMessageRequest } from './message-batch.ts';
import { MessageBatches } from './message-batches.ts';
import { TAKE_OVER } from './scripts/take-over.lua.ts';

/** What the script is told of all messages, before the first of them. */
const SHARED_ARGUMENTS = 10;
const IS_COUNTED = 5;
const LINE = 8;
const UNARCHIVED_BYTES = 9;
const RETENTION = { count: 1000, ms: 60_000, bytes: 1024 * 1024 };

interface Call {
  readonly keys: readonly string[];
  readonly args: readonly ScriptArgument[];
  readonly answer: (reply: unknown) => void;
  readonly fail: (error: Error) => void;
}

/** What Redis says of itself. */
const infoOf = (line: string): string => `role:master\r\nmaster_replid:${line}\r\n`;

/** Keeps the calls; the turn ends when the test says so. */
class FakeConnection {
  readonly calls: Call[] = [];
  readonly takeovers: Call[] = [];
  /** Where the partition has gone to was asked for. */
  readonly followed: (() => void)[] = [];
  /** What was asked of the server about its line. */
  readonly questions: { readonly answer: (line: string) => void; readonly fail: (error: Error) => void }[] = [];
  line = this.createLine();
  isReady = true;
  #pending: (() => void)[] = [];

  createLine(): ServerLine {
    const ask = <T>(): Promise<T> =>
      new Promise<T>((resolve, fail) => {
        const answer = (line: string): void => {
          resolve(infoOf(line) as T);
        };
        this.questions.push({ answer, fail });
      });
    return new ServerLine({ run: ask });
  }

  assertReady(): void {
    if (!this.isReady) throw new Error('not ready');
  }

  addressOf(): string {
    return 'redis://fake';
  }

  beforeNext(_name: string, send: () => void): void {
    this.#pending.push(send);
  }

  follow(): Promise<void> {
    return new Promise((resolve) => this.followed.push(resolve));
  }

  lineOf(): ServerLine {
    return this.line;
  }

  runScript(script: unknown, keys: readonly string[], args: readonly ScriptArgument[]): Promise<unknown> {
    this.endTurn();
    const calls = script === TAKE_OVER ? this.takeovers : this.calls;
    return new Promise((answer, fail) => calls.push({ keys, args, answer, fail }));
  }

  endTurn(): void {
    const pending = this.#pending;
    this.#pending = [];
    for (const send of pending) send();
  }

  /** How many messages each of the calls has. */
  get sizes(): readonly number[] {
    return this.calls.map(({ args }) => args.length - SHARED_ARGUMENTS);
  }
}

let commands: FakeConnection;
let batches: MessageBatches;
beforeEach(() => {
  commands = new FakeConnection();
  commands.line.learn(infoOf('line-1'));
  batches = new MessageBatches({ redis: commands, idempotencyWindowMs: 300_000 });
});

it('names what is kept for the archive where there is anything to keep, and says what was let go of', async () => {
  const letGo: number[] = [];
  batches = new MessageBatches({
    redis: commands,
    idempotencyWindowMs: 300_000,
    onLetGo: (messages) => letGo.push(messages),
  });
  const archived = { ...RETENTION, isArchived: true, unarchivedBytes: 5000 };
  const retentions = [archived, { ...archived, isArchived: false }, { ...archived, count: 0 }, RETENTION];
  const published = retentions.map((retention) => batches.publish(message({ retention })));
  commands.endTurn();
  expect(commands.calls.map(({ keys, args }) => [keys[2], args[UNARCHIVED_BYTES]])).toEqual([
    ['kept/pit', 5000],
    [undefined, 0],
    [undefined, 0],
    [undefined, 0],
  ]);
  for (const [i, { answer }] of commands.calls.entries()) {
    answer(i === 0 ? [Buffer.from('epoch--11'), null, 7] : Buffer.from(`epoch--1${String(i + 1)}`));
  }
  expect((await Promise.all(published)).map(({ position }) => position.seq)).toEqual([1, 2, 3, 4]);
  expect(letGo).toEqual([7]);
});

function message(given: Partial<RoomMessageRequest> & { readonly room?: string } = {}): RoomMessageRequest {
  const { room = 'pit', ...others } = given;
  const names = { meta: `meta/${room}`, stream: `stream/${room}`, channel: `room/${room}`, kept: `kept/${room}` };
  return {
    names,
    candidate: 'epoch--1',
    head: Buffer.from('h'),
    origin: 'o',
    retention: RETENTION,
    once: undefined,
    ...others,
  };
}

/** The sizes of the calls for what one turn publishes. */
function sizesOf(...requests: readonly RoomMessageRequest[]): readonly number[] {
  for (const request of requests) void batches.publish(request).catch(() => undefined);
  commands.endTurn();
  return commands.sizes;
}

it('sends what a turn publishes to a room in one call, at the end of the turn, and each room by itself', () => {
  const hall = message({ room: 'hall' });
  void batches.publish(message());
  expect(commands.calls).toEqual([]);
  expect(sizesOf(message(), hall, message(), hall)).toEqual([3, 2]);
  expect(commands.calls.map(({ keys }) => keys)).toEqual([
    ['meta/pit', 'stream/pit'],
    ['meta/hall', 'stream/hall'],
  ]);
});

it('begins a call of its own with what cannot be told the script together with what is before it', () => {
  const keyed = (once: string): RoomMessageRequest => message({ once });
  const shorter = message({ retention: { ...RETENTION, ms: 1 } });
  const fewer = message({ retention: { ...RETENTION, count: 1 } });
  const less = message({ retention: { ...RETENTION, bytes: 1 } });
  const equal = message({ retention: { ...RETENTION } });
  const late = message({ candidate: '' });
  expect(sizesOf(message(), equal, shorter, fewer, less, late, late, keyed('k'), keyed('l'), keyed('k'))).toEqual([
    2, 1, 1, 1, 2, 2, 1,
  ]);
});

it('sends no more than 64 messages in a call, and no more than 256 KiB behind the first', () => {
  expect(sizesOf(...Array.from({ length: 130 }, () => message()))).toEqual([64, 64, 2]);
  const large = message({ room: 'hall', head: Buffer.alloc(100_000) });
  expect(sizesOf(...Array.from({ length: 5 }, () => large)).slice(3)).toEqual([2, 2, 1]);
});

it('has a room counted by its bytes where as many of its longest as may be there would be more than half of that', () => {
  // 36 bytes of the envelope, the origin and the head; 1,000 are kept, and 128 may be past that.
  const longest = Math.floor(RETENTION.bytes / 2 / 1128) - 37;
  const heads = [longest, longest + 1].map((bytes) => message({ head: Buffer.alloc(bytes) }));
  const unbounded = message({ head: Buffer.alloc(100_000), retention: { count: 1000, ms: 60_000 } });
  for (const room of [heads.slice(0, 1), heads, [unbounded]]) sizesOf(...room);
  expect(commands.calls.map(({ args }) => args[IS_COUNTED])).toEqual([0, 1, 0]);
});

it('does not keep the memory of the head', () => {
  const head = Buffer.from('original');
  void batches.publish(message({ head }));
  head.fill(0);
  commands.endTurn();
  expect(commands.calls[0]?.args.at(-1)).toEqual(Buffer.from('\u0001ooriginal\u00cf', 'latin1'));
});

it('tells each caller its own position', async () => {
  const calls = [1, 2, 3].map(() => batches.publish(message()));
  commands.endTurn();
  commands.calls[0]?.answer(Buffer.from('epoch--110'));
  expect(await Promise.all(calls)).toEqual(
    [8, 9, 10].map((seq) => ({ position: { epoch: 'epoch--1', seq }, isDuplicate: false })),
  );
});

it('tells each caller what is known of its key', async () => {
  const calls = ['a', 'b', 'c', 'd'].map((once) => batches.publish(message({ once })));
  commands.endTurn();
  expect(commands.calls[0]?.keys.slice(2)).toEqual(['a', 'b', 'c', 'd']);
  commands.calls[0]?.answer([
    Buffer.from('epoch--210'),
    [null, Buffer.from('epoch--13'), null, Buffer.from('epoch--24')],
  ]);
  expect(
    (await Promise.all(calls)).map(({ position, isDuplicate }) => [position.epoch, position.seq, isDuplicate]),
  ).toEqual([
    ['epoch--2', 9, false],
    ['epoch--1', 3, true],
    ['epoch--2', 10, false],
    ['epoch--2', 4, true],
  ]);
});

it('fails all callers of a call that fails, and of one that may not begin the room', async () => {
  const failing = [batches.publish(message()), batches.publish(message())];
  const refused = [batches.publish(message({ candidate: '' })), batches.publish(message({ candidate: '' }))];
  commands.endTurn();
  commands.calls[0]?.fail(new Error('gone'));
  commands.calls[1]?.answer(2);
  for (const outcome of await Promise.allSettled(failing))
    expect(outcome).toMatchObject({ reason: { message: 'gone' } });
  for (const outcome of await Promise.allSettled(refused))
    expect(outcome).toMatchObject({ reason: { code: 'notBegun' } });
});

it('refuses at once what has no connection, and what is too much, until there are answers', async () => {
  commands.isReady = false;
  await expect(batches.publish(message())).rejects.toThrow('not ready');
  commands.isReady = true;
  const calls = Array.from({ length: 8192 }, () => batches.publish(message()));
  await expect(batches.publish(message())).rejects.toMatchObject({
    code: 'unavailable',
    message: 'Redis at redis://fake: too many messages without an answer',
  });
  commands.endTurn();
  for (const { answer } of commands.calls) answer(Buffer.from('epoch--164'));
  await Promise.all(calls);
  const again = batches.publish(message());
  commands.endTurn();
  commands.calls.at(-1)?.answer(Buffer.from('epoch--165'));
  expect((await again).position.seq).toBe(65);
});

/** Decision 76. */
describe('a room that another server has numbered last', () => {
  const REFUSED = 3;

  /** One batch, of a turn of its own. */
  function publishOne(head: string): Promise<Published> {
    const published = batches.publish(message({ head: Buffer.from(head) }));
    published.catch(() => undefined);
    commands.endTurn();
    return published;
  }

  async function answer(call: Call | undefined, reply: unknown): Promise<void> {
    expect(call).toBeDefined();
    call?.answer(reply);
    await settled();
  }

  const redirected = (kind: 'moved' | 'tryAgain'): RedirectError => new RedirectError({ kind }, 'it is elsewhere');

  async function refuse(call: Call | undefined, error: Error): Promise<void> {
    expect(call).toBeDefined();
    call?.fail(error);
    await settled();
  }

  /** The server is found, and takes the room over. */
  async function takeOverBehind(follow: (() => void) | undefined, before: () => void = () => undefined): Promise<void> {
    const [questions, takeovers] = [commands.questions.length, commands.takeovers.length];
    follow?.();
    await settled();
    commands.questions[questions]?.answer('line-2');
    await settled();
    before();
    await answer(commands.takeovers[takeovers], 0);
  }

  /** The heads in each call, and under which line. */
  const sent = (): readonly string[] =>
    commands.calls.map(({ args }) => {
      const heads = args.slice(SHARED_ARGUMENTS).map((body) => (body as Buffer).subarray(2, -1).toString());
      return `${String(args[LINE])}: ${heads.join(' ')}`;
    });

  const position = (seq: number): Buffer => Buffer.from(`epoch--2${String(seq)}`);
  const seqOf = async (published: Promise<Published>): Promise<number> => (await published).position.seq;

  it('is taken over once, and what was refused leaves again in its order, before what has come meanwhile', async () => {
    const first = [publishOne('a'), publishOne('b')];
    await answer(commands.calls[0], REFUSED);
    // While the other one has no answer, and behind that.
    const between = publishOne('c');
    await answer(commands.calls[1], REFUSED);
    const late = publishOne('d');
    expect(sent()).toEqual(['line-1: a', 'line-1: b']);
    commands.questions[0]?.answer('line-2');
    await settled();
    expect(commands.takeovers.map(({ keys, args }) => [keys, args[1]])).toEqual([[['meta/pit'], 'line-2']]);
    await answer(commands.takeovers[0], 0);
    expect(sent().slice(2)).toEqual(['line-2: a', 'line-2: b', 'line-2: c d']);
    for (const [i, call] of commands.calls.slice(2).entries()) await answer(call, position(i === 2 ? 4 : i + 1));
    expect(await Promise.all([...first, between, late].map(seqOf))).toEqual([1, 2, 3, 4]);
    expect([commands.questions.length, commands.takeovers.length]).toEqual([1, 1]);
  });

  it('has nothing sent before all that is on its way has its answer', async () => {
    void publishOne('a');
    void publishOne('b');
    await answer(commands.calls[0], REFUSED);
    commands.questions[0]?.answer('line-2');
    await settled();
    await answer(commands.takeovers[0], 0);
    expect(sent()).toHaveLength(2);
    await answer(commands.calls[1], REFUSED);
    expect(sent().slice(2)).toEqual(['line-2: a', 'line-2: b']);
  });

  it('has nothing sent again behind what was taken, because another node had it taken over in between', async () => {
    const overtaken = publishOne('a');
    const taken = publishOne('b');
    await answer(commands.calls[0], REFUSED);
    const late = publishOne('c');
    await answer(commands.calls[1], position(1));
    await expect(overtaken).rejects.toMatchObject({
      code: 'unavailable',
      message: 'Redis at redis://fake: another server numbers the room',
    });
    expect(await seqOf(taken)).toBe(1);
    commands.questions[0]?.answer('line-1');
    await settled();
    await answer(commands.takeovers[0], 0);
    expect(sent().slice(2)).toEqual(['line-1: c']);
    await answer(commands.calls[2], position(2));
    expect(await seqOf(late)).toBe(2);
  });

  it('has nothing sent again behind what may have been taken', async () => {
    const overtaken = publishOne('a');
    const lost = publishOne('b');
    await answer(commands.calls[0], REFUSED);
    commands.calls[1]?.fail(new Error('no answer'));
    await expect(lost).rejects.toThrow('no answer');
    await expect(overtaken).rejects.toMatchObject({ code: 'unavailable' });
    expect(sent()).toHaveLength(2);
  });

  it('takes a message the second time, or not at all, and the next one by itself', async () => {
    const refused = publishOne('a');
    await answer(commands.calls[0], REFUSED);
    const late = publishOne('b');
    commands.questions[0]?.answer('line-2');
    await settled();
    await answer(commands.takeovers[0], 0);
    await answer(commands.calls[1], REFUSED);
    await expect(refused).rejects.toMatchObject({ code: 'unavailable' });
    // It was refused for the first time.
    await answer(commands.calls[2], REFUSED);
    commands.questions[1]?.answer('line-3');
    await settled();
    await answer(commands.takeovers[1], 0);
    expect(sent().slice(3)).toEqual(['line-3: b']);
    await answer(commands.calls[3], position(1));
    expect(await seqOf(late)).toBe(1);
  });

  it.each(['asked', 'taken over'])(
    'refuses all that waits where the server cannot be %s, and goes on with what comes',
    async (what) => {
      const refused = publishOne('a');
      await answer(commands.calls[0], REFUSED);
      const late = publishOne('b');
      if (what === 'asked') commands.questions[0]?.fail(new Error('gone'));
      else {
        commands.questions[0]?.answer('line-2');
        await settled();
        commands.takeovers[0]?.fail(new Error('gone'));
      }
      await expect(refused).rejects.toThrow('gone');
      await expect(late).rejects.toThrow('gone');
      commands.line.learn(infoOf('line-2'));
      const next = publishOne('c');
      expect(sent().slice(1)).toEqual(['line-2: c']);
      await answer(commands.calls[1], position(1));
      expect(await seqOf(next)).toBe(1);
    },
  );

  it('is followed to where its partition has gone, and what was refused leaves there in its order', async () => {
    const moved = redirected('moved');
    const first = [publishOne('a'), publishOne('b')];
    await refuse(commands.calls[0], moved);
    await refuse(commands.calls[1], moved);
    const late = publishOne('c');
    expect([commands.followed.length, commands.questions.length]).toEqual([1, 0]);
    await takeOverBehind(commands.followed[0]);
    expect(sent().slice(2)).toEqual(['line-2: a', 'line-2: b', 'line-2: c']);
    for (const [i, call] of commands.calls.slice(2).entries()) await answer(call, position(i + 1));
    expect(await Promise.all([...first, late].map(seqOf))).toEqual([1, 2, 3]);
  });

  it('is asked once for each reason why nothing was done, and not again', async () => {
    const published = publishOne('a');
    await refuse(commands.calls[0], redirected('tryAgain'));
    await takeOverBehind(commands.followed[0]);
    await refuse(commands.calls[1], redirected('moved'));
    await takeOverBehind(commands.followed[1]);
    await refuse(commands.calls[2], redirected('tryAgain'));
    await expect(published).rejects.toMatchObject({ redirect: { kind: 'tryAgain' } });
    expect(sent()).toHaveLength(3);
    const next = publishOne('b');
    await answer(commands.calls[3], position(1));
    expect(await seqOf(next)).toBe(1);
  });

  it('is not published to under what is known of the server where it was', async () => {
    const published = publishOne('a');
    await refuse(commands.calls[0], redirected('moved'));
    await takeOverBehind(commands.followed[0], () => {
      // It has moved on by the time that the server is known.
      commands.line = commands.createLine();
      commands.line.learn(infoOf('line-3'));
    });
    expect(sent()).toHaveLength(1);
    commands.questions[1]?.answer('line-3');
    await settled();
    commands.questions[2]?.answer('line-3');
    await settled();
    await answer(commands.takeovers[1], 0);
    expect(sent().slice(1)).toEqual(['line-3: a']);
    await answer(commands.calls[1], position(1));
    expect(await seqOf(published)).toBe(1);
  });

  it('is no reason to hold the messages of another room back', async () => {
    void publishOne('a');
    await answer(commands.calls[0], REFUSED);
    void batches.publish(message({ room: 'hall' }));
    commands.endTurn();
    expect(sent()).toHaveLength(2);
  });

  it('is published to when the line of the server is known, in the order of the calls', async () => {
    commands.line.forget();
    void publishOne('a');
    void publishOne('b');
    expect(sent()).toEqual([]);
    commands.questions[0]?.answer('line-2');
    await settled();
    expect(sent()).toEqual(['line-2: a b']);
    expect([commands.questions.length, commands.takeovers.length]).toEqual([1, 0]);
  });

  it('is not published to under two lines at a time, and is taken over where the first was refused', async () => {
    void publishOne('a');
    commands.line.learn(infoOf('line-2'));
    void publishOne('b');
    commands.questions[0]?.answer('line-2');
    await settled();
    expect(sent()).toEqual(['line-1: a']);
    await answer(commands.calls[0], REFUSED);
    commands.questions[1]?.answer('line-2');
    await settled();
    await answer(commands.takeovers[0], 0);
    expect(sent().slice(1)).toEqual(['line-2: a', 'line-2: b']);
  });
});
