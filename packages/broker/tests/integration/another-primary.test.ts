import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { hasRedisServer, RedisProcess, RedisSentinels, uniquePrefix } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Backplane, createRedisBackplane, type Published } from '../../src/index.ts';
import { Recorder } from '../support/recorder.ts';
import { range, request } from '../support/requests.ts';

const RETENTION = { count: 1000, ms: 60_000 };
const A_MINUTE_MS = 60_000;

interface Node {
  readonly backplane: Backplane;
  readonly recorder: Recorder;
}

async function startNode(url: string, prefix: string): Promise<Node> {
  const recorder = new Recorder();
  const backplane = createRedisBackplane({ url, prefix, startTimeoutMs: A_MINUTE_MS });
  onTestFinished(() => backplane.close());
  await backplane.start(recorder);
  return { backplane, recorder };
}

const publish = ({ backplane }: Node, text: string): Promise<Published> =>
  backplane.broker.publish(request('pit', text, { retention: RETENTION }));

/** What is acknowledged of that, as in `epoch 7`: the name of a message for ever. */
async function publishAll(node: Node, texts: readonly string[]): Promise<string[]> {
  const published = await Promise.all(texts.map((text) => publish(node, text)));
  return published.map(({ position: { epoch, seq } }) => `${epoch} ${String(seq)}`);
}

const textsOf = ({ recorder }: Node): string[] =>
  recorder.messages.map(({ frame }) => /text-\d+/.exec(Buffer.from(frame).toString('latin1'))?.[0] ?? '');

const texts = (from: number, to: number): string[] => range(from, to).map((i) => `text-${String(i)}`);

async function ask(server: RedisProcess, command: string, ...args: readonly string[]): Promise<void> {
  const redis = new Redis(server.url);
  try {
    await redis.call(command, ...args);
  } finally {
    redis.disconnect();
  }
}

/** Issue 16. */
describe.runIf(hasRedisServer())('a room that another primary numbers', () => {
  it('never has two messages of one name, where a replica goes on that lacks what was acknowledged', async () => {
    await using primary = await RedisProcess.start();
    await using replica = await RedisProcess.start(['--replicaof', '127.0.0.1', String(primary.port)]);
    const prefix = uniquePrefix();
    const before = await startNode(primary.url, prefix);
    const witness = await startNode(replica.url, prefix);
    await witness.backplane.broker.join('pit');
    const names = await publishAll(before, texts(1, 10));
    await witness.recorder.untilMessages(10);
    const heard = witness.recorder.calls.length;
    await ask(replica, 'REPLICAOF', '127.0.0.1', '1');
    names.push(...(await publishAll(before, texts(11, 16))));
    // Nobody who knows of these comes back.
    await before.backplane.close();
    await primary.kill();
    await ask(replica, 'REPLICAOF', 'NO', 'ONE');
    const behind = await startNode(replica.url, prefix);
    names.push(...(await publishAll(behind, texts(17, 20))));
    expect(new Set(names).size).toBe(20);
    const { messages } = await behind.backplane.broker.readHistory('pit', { after: 0, limit: 1000 }, RETENTION);
    expect(messages.map(({ position }) => position.seq)).toEqual(range(1, 14));
    // What it has seen is all that is left of what was before.
    await witness.recorder.untilMessages(14);
    expect(witness.recorder.calls.slice(heard)).toEqual(['goes on 10', 'm 11', 'm 12', 'm 13', 'm 14']);
  });

  it('is told to whoever has seen more of it than is left', async () => {
    await using group = await RedisSentinels.start();
    const member = await startNode(group.url, uniquePrefix());
    await member.backplane.broker.join('pit');
    await publishAll(member, texts(1, 10));
    await group.untilReplicated();
    await group.detachReplica();
    await publishAll(member, texts(11, 16));
    await member.recorder.untilMessages(16);
    await (await group.primary()).kill();
    await member.recorder.untilUpAgain();
    await publishAll(member, texts(17, 20));
    await member.recorder.untilMessages(20);
    expect(textsOf(member)).toEqual(texts(1, 20));
    expect(member.recorder.calls[16]).toBe('reset 10');
    expect(member.recorder.resets).toHaveLength(1);
    const { messages } = await member.backplane.broker.readHistory('pit', { after: 0, limit: 1000 }, RETENTION);
    expect(messages.map(({ position }) => position.seq)).toEqual(range(1, 14));
  });

  it('never has two messages of one name, where the replica was there already to which this node is connected', async () => {
    await using primary = await RedisProcess.start();
    await using replica = await RedisProcess.start(['--replicaof', '127.0.0.1', String(primary.port)]);
    const prefix = uniquePrefix();
    const there = await startNode(primary.url, prefix);
    const here = await startNode(replica.url, prefix);
    await here.backplane.broker.join('pit');
    const names = await publishAll(there, texts(1, 3));
    await here.recorder.untilMessages(3);
    await expect(publish(here, 'text-0')).rejects.toMatchObject({ code: 'unavailable' });
    await ask(replica, 'REPLICAOF', 'NO', 'ONE');
    await here.recorder.until(() => here.backplane.storage?.state === 'writable', A_MINUTE_MS);
    // The old primary knows of nothing, and goes on.
    names.push(...(await publishAll(there, texts(4, 6))));
    names.push(...(await publishAll(here, texts(7, 9))));
    expect(new Set(names).size).toBe(9);
  });

  it('goes on for everybody, and nobody is told of a loss, where nothing is lost', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'outcry-aof-'));
    onTestFinished(() => {
      rmSync(directory, { recursive: true });
    });
    await using redis = await RedisProcess.start([
      '--dir',
      directory,
      '--appendonly',
      'yes',
      '--appendfsync',
      'always',
    ]);
    const member = await startNode(redis.url, uniquePrefix());
    const { broker } = member.backplane;
    await broker.join('pit');
    const [first = ''] = await publishAll(member, texts(1, 3));
    const [epoch = ''] = first.split(' ');
    await redis.kill();
    await redis.restart();
    await member.recorder.untilUpAgain();
    // Nothing is done to a room that nobody publishes to.
    expect(await broker.readHistory('pit', { after: 3, limit: 10 }, RETENTION)).toMatchObject({
      head: { epoch, seq: 3 },
    });
    // All of them are refused at first, as one, and keep their order.
    await publishAll(member, texts(4, 40));
    await member.recorder.untilMessages(40);
    expect(member.recorder.calls).toEqual([
      ...range(1, 3).map((seq) => `m ${String(seq)}`),
      'goes on 3',
      ...range(4, 40).map((seq) => `m ${String(seq)}`),
    ]);
    expect(textsOf(member)).toEqual(texts(1, 40));
    const resumed = await broker.readHistory('pit', { after: 2, epoch, limit: 3 }, RETENTION);
    expect(resumed).toMatchObject({ isContinued: true, messages: [3, 4, 5].map((seq) => ({ position: { seq } })) });
    expect(resumed.head.epoch).not.toBe(epoch);
    const past = await broker.readHistory('pit', { after: 4, epoch, limit: 3 }, RETENTION);
    expect(past).toMatchObject({ isContinued: false, messages: [] });
  });
});
