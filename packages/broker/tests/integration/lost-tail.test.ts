import { readdirSync, statSync, truncateSync } from 'node:fs';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FaultProxy, hasRedisServer, RedisProcess, uniquePrefix } from '@outcry/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Backplane, createRedisBackplane } from '../../src/index.ts';
import { Recorder } from '../support/recorder.ts';
import { range, request } from '../support/requests.ts';

const prefix = uniquePrefix();
const EVERYTHING = { after: 0, limit: 1000 };
const RETENTION = { count: 1000, ms: 60_000 };

interface Node {
  readonly backplane: Backplane;
  readonly recorder: Recorder;
}

async function startNode(port: number): Promise<Node> {
  const recorder = new Recorder();
  const backplane = createRedisBackplane({ url: `redis://127.0.0.1:${String(port)}`, prefix });
  onTestFinished(() => backplane.close());
  await backplane.start(recorder);
  return { backplane, recorder };
}

/** A Redis whose every command is on disk before it is answered. */
async function startDurableRedis(): Promise<{ readonly redis: RedisProcess; readonly file: string }> {
  const directory = mkdtempSync(join(tmpdir(), 'outcry-aof-'));
  const args = ['--dir', directory, '--appendonly', 'yes', '--appendfsync', 'always'];
  const redis = await RedisProcess.start(args);
  onTestFinished(async () => {
    await redis.kill();
    rmSync(directory, { recursive: true });
  });
  const files = join(directory, 'appendonlydir');
  const file = readdirSync(files).find((name) => name.endsWith('.incr.aof'));
  if (file === undefined) throw new Error(`no append-only file in ${files}`);
  return { redis, file: join(files, file) };
}

const texts = ({ recorder }: Node): string[] =>
  recorder.messages.map(({ frame }) => /text-\d+/.exec(Buffer.from(frame).toString('latin1'))?.[0] ?? '');

describe.runIf(hasRedisServer())('a Redis that comes back from a crash without its newest writes', () => {
  it('keeps what it acknowledges from then on, and every member is told of it, once and in order', async () => {
    const { redis, file } = await startDurableRedis();
    await using proxy = await FaultProxy.start(redis);
    // The members are told of the loss last. Who publishes has joined nothing, and goes on as soon as it can.
    const members = [await startNode(proxy.port), await startNode(proxy.port)];
    const publisher = await startNode(redis.port);
    await Promise.all(members.map(({ backplane }) => backplane.broker.join('pit')));
    const publish = (i: number): Promise<unknown> =>
      publisher.backplane.broker.publish(request('pit', `text-${String(i)}`, { retention: RETENTION }));
    for (const i of range(1, 20)) await publish(i);
    const kept = statSync(file).size;
    for (const i of range(21, 30)) await publish(i);
    await Promise.all(members.map(({ recorder }) => recorder.untilMessages(30)));

    await proxy.cut();
    await redis.kill();
    truncateSync(file, kept);
    await redis.restart();
    await publisher.recorder.untilUpAgain();
    // Between the return of Redis and that of the members, and of somebody who comes in the midst of it.
    const late = await startNode(redis.port);
    for (const i of range(31, 38)) await publish(i);
    await late.backplane.broker.join('pit');
    for (const i of range(39, 44)) await publish(i);
    await late.recorder.untilMessages(6);
    await proxy.restore();
    await Promise.all(members.map(({ recorder }) => recorder.untilUpAgain()));
    for (const i of range(45, 50)) await publish(i);

    const expected = range(1, 50).map((i) => `text-${String(i)}`);
    for (const node of members) {
      await node.recorder.until(() => texts(node).at(-1) === 'text-50');
      expect(texts(node)).toEqual(expected);
      expect(node.recorder.resets).toHaveLength(1);
      expect(node.recorder.calls[30]).toMatch(/^reset /);
    }
    await late.recorder.until(() => texts(late).at(-1) === 'text-50');
    expect(texts(late)).toEqual(expected.slice(38));
    const { messages } = await publisher.backplane.broker.readHistory('pit', EVERYTHING, RETENTION);
    const stored = messages.map(({ frame }) => /text-\d+/.exec(Buffer.from(frame).toString('latin1'))?.[0]);
    expect(stored.slice(-20)).toEqual(expected.slice(-20));
  });
});
