import { hasRedisServer, RedisProcess, RedisSentinels, uniquePrefix } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { type Backplane, createRedisBackplane, type RedisBackplaneOptions, UnwritableError } from '../../src/index.ts';
import { OddSentinel } from '../support/odd-sentinel.ts';
import { Recorder } from '../support/recorder.ts';
import { range, request } from '../support/requests.ts';

const A_MINUTE_MS = 60_000;
const RETENTION = { count: 1000, ms: 60_000 };

interface Node {
  readonly backplane: Backplane;
  readonly recorder: Recorder;
  readonly faults: string[];
  readonly prefix: string;
}

async function startNode(url: string, options: Partial<RedisBackplaneOptions> = {}): Promise<Node> {
  const [recorder, faults, prefix] = [new Recorder(), [] as string[], options.prefix ?? uniquePrefix()];
  const events = { onFault: ({ message }: Error) => faults.push(message) };
  const backplane = createRedisBackplane({ url, startTimeoutMs: A_MINUTE_MS, events, ...options, prefix });
  onTestFinished(() => backplane.close());
  await backplane.start(recorder);
  return { backplane, recorder, faults, prefix };
}

const publish = ({ backplane }: Node, text: string): Promise<unknown> =>
  backplane.broker.publish(request('pit', text, { retention: RETENTION }));

const untilUp = ({ recorder }: Node): Promise<void> =>
  recorder.until(() => recorder.statuses.length > 1 && recorder.statuses.at(-1) === 'up', A_MINUTE_MS);

/** Issue 16. */
describe.runIf(hasRedisServer())('behind sentinels', () => {
  it('finds the primary whichever sentinel is away, and goes on without any of them', async () => {
    await using group = await RedisSentinels.start({ downAfterMs: A_MINUTE_MS });
    const [first, second, third] = group.sentinels;
    await first?.kill();
    const node = await startNode(group.url);
    await Promise.all([second?.kill(), third?.kill()]);
    await publish(node, 'x');
    expect(node.recorder.statuses).toEqual(['up']);
    const late = createRedisBackplane({ url: group.url, startTimeoutMs: 1 });
    const ways = group.sentinels.map(({ port }) => `127.0.0.1:${String(port)} \\(ECONNREFUSED [^)]+\\)`);
    await expect(late.start(new Recorder())).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(
        new RegExp(`^cannot reach Redis at redis\\+sentinel:.*: no sentinel knows where .* is: ${ways.join(', ')}$`),
      ) as string,
    });
  });

  it('says that no sentinel knows the name, and tries again meanwhile', async () => {
    await using group = await RedisSentinels.start({ downAfterMs: A_MINUTE_MS });
    const node = createRedisBackplane({ url: group.url.replace('/main', '/other'), startTimeoutMs: 1 });
    await expect(node.start(new Recorder())).rejects.toThrow('(it knows no primary of this name)');
  });

  it('logs in at sentinels and servers, each with their own password', async () => {
    const words = { args: ['--requirepass', 'of-servers', '--masterauth', 'of-servers'] };
    const auth = ['sentinel auth-pass main of-servers', 'requirepass of-sentinels'];
    await using group = await RedisSentinels.start({
      downAfterMs: A_MINUTE_MS,
      ...words,
      sentinelArgs: auth,
      passwords: { servers: 'of-servers', sentinels: 'of-sentinels' },
    });
    const url = group.url.replace('//', '//:of-servers@');
    await startNode(url, { sentinel: { username: '', password: 'of-sentinels' } });
    const refused = createRedisBackplane({ url, startTimeoutMs: A_MINUTE_MS });
    await expect(refused.start(new Recorder())).rejects.toThrow(
      '(it wants a password: OUTCRY_REDIS_SENTINEL_PASSWORD)',
    );
  });

  it('goes over to the replica of a primary that is killed, and does not know the old one when it is back', async () => {
    await using group = await RedisSentinels.start();
    const node = await startNode(group.url);
    await node.backplane.broker.join('pit');
    const old = await group.primary();
    await publish(node, 'text-1');
    await group.untilReplicated();
    await old.kill();
    await expect(publish(node, 'nobody')).rejects.toMatchObject({ code: 'unavailable' });
    await untilUp(node);
    await publish(node, 'text-2');
    // Nobody has told it yet: it believes that it is the primary, at the address at which it was one.
    await old.restart();
    expect(await group.ask(old, 'INFO', 'replication')).toContain('role:master');
    const acknowledged = await Promise.all(range(3, 40).map((i) => publish(node, `text-${String(i)}`)));
    expect(acknowledged).toHaveLength(38);
    expect(await group.ask(old, 'CLIENT', 'LIST')).not.toContain(node.prefix);
    const { messages } = await node.backplane.broker.readHistory('pit', { after: 0, limit: 1000 }, RETENTION);
    const texts = messages.map(({ frame }) => /text-\d+/.exec(Buffer.from(frame).toString('latin1'))?.[0]);
    expect(texts).toEqual(range(1, 40).map((i) => `text-${String(i)}`));
    expect(node.recorder.statuses).toEqual(['up', 'down', 'up']);
    await group.untilWhole();
    expect(node.recorder.statuses).toEqual(['up', 'down', 'up']);
  });

  it('refuses a primary that would take writes without its replica, where that is asked for', async () => {
    await using group = await RedisSentinels.start({ downAfterMs: A_MINUTE_MS });
    const node = createRedisBackplane({ url: group.url, startTimeoutMs: A_MINUTE_MS, requiresReplicas: true });
    await expect(node.start(new Recorder())).rejects.toMatchObject({
      code: 'badConfig',
      message: expect.stringMatching(/ takes writes without any replica: /) as string,
    });
    const primary = await group.primary();
    await ask(primary, 'CONFIG', 'SET', 'min-replicas-to-write', '1');
    await startNode(group.url, { requiresReplicas: true });
  });

  it('leaves a primary that hangs as soon as a sentinel says that there is another', async () => {
    await using group = await RedisSentinels.start();
    const node = await startNode(group.url);
    const old = await group.primary();
    old.freeze();
    await group.untilFailedOver(old);
    await untilUp(node);
    // Whatever was on the way to the old one, nothing of what follows goes there.
    old.thaw();
    for (const i of range(1, 20)) await publish(node, String(i));
    expect(node.recorder.statuses).toEqual(['up', 'down', 'up']);
    const { messages } = await node.backplane.broker.readHistory('pit', { after: 0, limit: 1000 }, RETENTION);
    expect(messages).toHaveLength(20);
  });

  it('has nothing acknowledged by a primary that is cut off from its replica and its sentinels', async () => {
    const demanding = ['--min-replicas-to-write', '1', '--min-replicas-max-lag', '5'];
    await using group = await RedisSentinels.start({ downAfterMs: A_MINUTE_MS, args: demanding });
    const node = await startNode(group.url, { requiresReplicas: true });
    await publish(node, 'x');
    // To the primary it is one and the same: whoever is behind the cut says nothing.
    group.other(await group.primary()).freeze();
    await node.recorder.until(() => node.backplane.storage?.state === 'readOnly');
    await expect(publish(node, 'y')).rejects.toBeInstanceOf(UnwritableError);
    group.other(await group.primary()).thaw();
    await node.recorder.until(() => node.backplane.storage?.state === 'writable');
    await publish(node, 'z');
    expect(node.recorder.statuses).toEqual(['up']);
  });

  it('follows a change of the primary that an operator asks for', async () => {
    await using group = await RedisSentinels.start({ downAfterMs: A_MINUTE_MS });
    const nodes = await Promise.all([1, 2, 3].map(() => startNode(group.url, { prefix: 'shared' })));
    const old = await group.primary();
    expect(await group.sentinels[0]?.ask('SENTINEL', 'FAILOVER', 'main')).toBe('+OK\r\n');
    await Promise.all(nodes.map(untilUp));
    for (const node of nodes) await publish(node, 'x');
    await group.untilFailedOver(old);
    await group.untilWhole();
    for (const node of nodes) {
      await publish(node, 'y');
      expect(node.recorder.statuses).toEqual(['up', 'down', 'up']);
    }
  });
});

describe.runIf(hasRedisServer())('a sentinel', () => {
  it('that says that there is another primary is believed at once, though the old one is in good health', async () => {
    await using first = await RedisProcess.start();
    await using second = await RedisProcess.start();
    await using sentinel = await OddSentinel.start({ port: first.port, configEpoch: 1 });
    await using other = await OddSentinel.start({ port: first.port, configEpoch: 1 });
    const node = await startNode(urlOf(sentinel, other));
    await node.recorder.until(() => other.listeners === 1);
    // The one that nobody has asked yet.
    other.switchTo({ port: second.port, configEpoch: 2 });
    await untilUp(node);
    await publish(node, 'x');
    expect(await ask(second, 'DBSIZE')).toBeGreaterThan(0);
    expect(node.recorder.statuses).toEqual(['up', 'down', 'up']);
  });

  it('that was not heard when it said so is believed the next time that it is asked', async () => {
    await using first = await RedisProcess.start();
    await using second = await RedisProcess.start();
    await using stale = await OddSentinel.start({ port: first.port, configEpoch: 1 });
    await using informed = await OddSentinel.start({ port: second.port, configEpoch: 2 });
    // It asks the stale one first, and may have been taken there by the time that it hears of the other.
    const node = await startNode(urlOf(stale, informed));
    await vi.waitFor(async () => {
      expect(await ask(second, 'CLIENT', 'LIST')).toContain(`${node.prefix}:commands`);
      expect(node.recorder.statuses.at(-1)).toBe('up');
    });
    await publish(node, 'x');
    expect(await ask(second, 'DBSIZE')).toBeGreaterThan(0);
    expect(await ask(first, 'CLIENT', 'LIST')).not.toContain(node.prefix);
  });

  it('that names a replica leads nowhere: it is asked again until it names a primary', async () => {
    await using primary = await RedisProcess.start();
    await using replica = await RedisProcess.start(['--replicaof', '127.0.0.1', String(primary.port)]);
    await using sentinel = await OddSentinel.start({ port: replica.port, configEpoch: 1 });
    const refused = createRedisBackplane({ url: urlOf(sentinel), startTimeoutMs: 1 });
    await expect(refused.start(new Recorder())).rejects.toThrow(
      `127.0.0.1:${String(replica.port)}, which a sentinel names, is a replica`,
    );
    const [recorder, faults] = [new Recorder(), [] as string[]];
    const waiting = createRedisBackplane({
      url: urlOf(sentinel),
      startTimeoutMs: A_MINUTE_MS,
      events: { onWaiting: ({ message }) => faults.push(message) },
    });
    onTestFinished(() => waiting.close());
    const started = waiting.start(recorder);
    await recorder.until(() => faults.length >= 2);
    sentinel.switchTo({ port: primary.port, configEpoch: 1 });
    await started;
    expect(recorder.statuses).toEqual(['up']);
  });

  it('that answers nothing is given up in time, and the next one is asked', async () => {
    await using primary = await RedisProcess.start();
    await using silent = await OddSentinel.start({ port: primary.port, configEpoch: 1 });
    await using sentinel = await OddSentinel.start({ port: primary.port, configEpoch: 1 });
    silent.isSilent = true;
    const node = await startNode(urlOf(silent, sentinel));
    await publish(node, 'x');
    const alone = createRedisBackplane({ url: urlOf(silent), startTimeoutMs: 1 });
    await expect(alone.start(new Recorder())).rejects.toThrow(/\(no answer within 1000 ms\)$/);
  });

  it('that is none is told from one', async () => {
    await using server = await RedisProcess.start();
    const backplane = createRedisBackplane({ url: urlOf(server), startTimeoutMs: 1 });
    await expect(backplane.start(new Recorder())).rejects.toThrow('(it is no sentinel)');
  });
});

function urlOf(...sentinels: readonly { readonly port: number }[]): string {
  return `redis+sentinel://${sentinels.map(({ port }) => `127.0.0.1:${String(port)}`).join(',')}/main`;
}

async function ask(server: RedisProcess, command: string, ...args: readonly string[]): Promise<unknown> {
  const redis = new Redis(server.url);
  try {
    return await redis.call(command, ...args);
  } finally {
    redis.disconnect();
  }
}
