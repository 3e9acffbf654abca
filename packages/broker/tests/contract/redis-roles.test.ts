import { startRedis, type TestRedis, uniquePrefix } from '@outcry/testkit';
import { Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import {
  CHANNEL_KINDS,
  type ChannelAccess,
  KEY_KINDS,
  type KeyAccess,
  disguisedNamesOf,
  kindsInSources,
  nameOf,
} from '../support/redis-kinds.ts';
import { createRole, grantedCommands, readUsers, REDIS_ROLES, type RedisRole } from '../support/redis-role.ts';

/** A command of Redis that is about keys. */
interface KeyCommand {
  readonly words: readonly string[];
  /** Of arguments behind the words; fewer are refused before anybody looks at rights. */
  readonly minArguments: number;
  readonly isRead: boolean;
}

type CommandInfo = readonly [
  name: string,
  arity: number,
  flags: readonly string[],
  firstKey: number,
  ...rest: readonly [number, number, readonly string[], readonly string[], readonly unknown[], readonly CommandInfo[]],
];

/** By how the keys of scripts are told from their arguments; the read-only ones have no flag that says so. */
const SCRIPTS = ['eval', 'evalsha', 'fcall'];

/** Issue 15: what each role may do with each kind of key and channel, by every command that this Redis has. */
describe('deploy/redis/users.acl', () => {
  const prefix = uniquePrefix();
  let redis: TestRedis;
  let admin: Redis;
  let commands: readonly KeyCommand[];
  const urls = { gateway: '', publisher: '', inbound: '', archive: '', events: '' };
  beforeAll(async () => {
    redis = await startRedis();
    admin = new Redis(redis.url);
    for (const role of REDIS_ROLES) urls[role] = await createRole(admin, role, { url: redis.url, prefix });
    commands = ((await admin.call('COMMAND')) as readonly CommandInfo[]).flatMap((info) => keyCommandsOf(info));
  });
  afterAll(async () => {
    admin.disconnect();
    await redis.stop();
  });

  it('is the same for a Redis Cluster, by the names that things have there', () => {
    const named = [
      [/\+publish\b/g, '+spublish'],
      [/\+subscribe\b/g, '+ssubscribe'],
      [/\+unsubscribe\b/g, '+sunsubscribe'],
      ['+pubsub|channels', '+pubsub|shardchannels'],
      ['+pubsub|numsub', '+pubsub|shardnumsub'],
      [/ \+client\|setname/g, ' +client|setname +cluster|nodes +asking'],
    ] as const;
    const expected = named.reduce((text, [one, other]) => text.replaceAll(one, other), readUsers('users.acl'));
    expect(readUsers('cluster-users.acl')).toBe(expected);
  });

  it('has a line in the table for every kind of name in the sources', () => {
    const known = new Set([...Object.keys(KEY_KINDS), ...Object.keys(CHANNEL_KINDS)]);
    expect([...known].sort()).toEqual([...kindsInSources()].sort());
  });

  describe.each(REDIS_ROLES)('%s', (role) => {
    it.each(
      Object.entries(KEY_KINDS).map(([kind, entry]) => [kind, entry.access[role] ?? 'none', entry.ending] as const),
    )('keys %s: %s', async (kind, access, ending) => {
      const allowed = await allowedOn(role, nameOf(prefix, kind, ending), commands);
      expect(accessBy(allowed), textOf(allowed)).toBe(access);
      if (ending === 'nothing') return;
      for (const name of disguisedNamesOf(prefix, kind)) expect(await allowedOn(role, name), name).toEqual(allowed);
    });

    it.each(
      Object.entries(CHANNEL_KINDS).map(([kind, entry]) => [kind, entry.access[role] ?? 'none', entry.ending] as const),
    )('channels %s: %s', async (kind, access, ending) => {
      const disguised = ending === 'nothing' ? [] : disguisedNamesOf(prefix, kind);
      for (const name of [nameOf(prefix, kind, ending), ...disguised]) {
        expect(await channelAccess(role, name), name).toBe(access);
      }
    });

    it('has nothing of another prefix, and of no kind that is none', async () => {
      const names = [...Object.entries(KEY_KINDS), ...Object.entries(CHANNEL_KINDS)].flatMap(([kind, { ending }]) =>
        [`${prefix}x`, `x${prefix}`, 'outcry', `${prefix}:`].map((other) => nameOf(other, kind, ending)),
      );
      for (const name of [...names, `${prefix}:{mm}:other/x`, `${prefix}:{mm}:`, prefix, '']) {
        expect(await allowedOn(role, name), name).toEqual([]);
        expect(await channelAccess(role, name), name).toBe('none');
      }
    });

    it('listens by no pattern', async () => {
      for (const command of ['PSUBSCRIBE', 'SSUBSCRIBE', 'SPUBLISH']) {
        expect(await isAllowed(role, command, `${prefix}:{mm}:room/x`, 'x'), command).toBe(false);
      }
    });
  });

  it('lets a gateway ask for the hash of one account at a time, and for no list of them', async () => {
    const allowed = await allowedOn('gateway', `${prefix}:{mm}:accounts/`, commands);
    expect(textOf(allowed)).toBe('eval, evalsha, hexists, hget, hlen, hset');
  });

  it.each([
    ['reads password hashes', ['HGETALL', `${prefix}:{mm}:accounts/`]],
    ['reads one by a script', ['EVAL', "return redis.call('HGET', KEYS[1], 'ann')", 1, `${prefix}:{mm}:accounts/`]],
    [
      'reads one behind the back of the rights',
      ['EVAL', `return redis.call('HGET', '${prefix}:{mm}:accounts/', 'a')`, 0],
    ],
    ['makes an account', ['HSET', `${prefix}:{mm}:accounts/`, 'ann', 'hash']],
    ['speaks as the server', ['PUBLISH', `${prefix}:{mm}:room/lobby`, 'a message']],
    ['speaks so by a script', ['EVAL', `return redis.call('PUBLISH', '${prefix}:{mm}:room/lobby', 'x')`, 0]],
    ['writes the past', ['XADD', `${prefix}:{mm}:stream/lobby`, '*', 'm', 'a message']],
    ['sends users away', ['PUBLISH', `${prefix}:{mm}:control/`, '{}']],
    ['revokes', ['ZADD', `${prefix}:{mm}:revocations/`, 1, 'x']],
    ['reads who is there', ['HGETALL', `${prefix}:{mm}:users/lobby`]],
    ['listens to rooms', ['SUBSCRIBE', `${prefix}:{mm}:room/lobby`]],
  ])('refuses a publisher that %s', async (_, [command = '', ...args]) => {
    await expectRefused('publisher', String(command), ...args);
  });

  it.each([
    ['writes a book', ['SET', `${prefix}:{mm}:snapshot/BTC`, 'x']],
    ['writes one by a script', ['EVAL', "return redis.call('SET', KEYS[1], 'x')", 1, `${prefix}:{mm}:snapshot/BTC`]],
    ['sends a book', ['PUBLISH', `${prefix}:{mm}:feed/BTC`, 'x']],
    ['takes a lease', ['SET', `${prefix}:{mm}:holder/BTC`, '1']],
    ['fences a publisher off', ['SET', `${prefix}:{mm}:granted/BTC`, '9007199254740991']],
    ['lists accounts', ['HGETALL', `${prefix}:{mm}:accounts/`]],
    ['forgets all accounts', ['DEL', `${prefix}:{mm}:accounts/`]],
  ])('refuses a gateway that %s', async (_, [command = '', ...args]) => {
    await expectRefused('gateway', String(command), ...args);
  });

  it.each([
    ['reads password hashes', ['HGETALL', `${prefix}:{mm}:accounts/`]],
    ['makes an account', ['HSET', `${prefix}:{mm}:accounts/`, 'ann', 'hash']],
    ['listens to rooms', ['SUBSCRIBE', `${prefix}:{mm}:room/lobby`]],
    ['sends users away', ['PUBLISH', `${prefix}:{mm}:control/`, '{}']],
    ['revokes', ['ZADD', `${prefix}:{mm}:revocations/`, 1, 'x']],
    ['reads who is there', ['HGETALL', `${prefix}:{mm}:users/lobby`]],
    ['says that somebody is there', ['HSET', `${prefix}:{mm}:users/lobby`, 'ann', '1']],
    ['writes a book', ['SET', `${prefix}:{mm}:snapshot/BTC`, 'x']],
    ['sends a book', ['PUBLISH', `${prefix}:{mm}:feed/BTC`, 'x']],
  ])('refuses a service that brings messages in that %s', async (_, [command = '', ...args]) => {
    await expectRefused('inbound', String(command), ...args);
  });

  it.each([
    ['writes the past', ['XADD', `${prefix}:{mm}:stream/lobby`, '*', 'm', 'a message']],
    ['removes the past', ['DEL', `${prefix}:{mm}:stream/lobby`]],
    ['writes it by a script', ['EVAL', "return redis.call('DEL', KEYS[1])", 1, `${prefix}:{mm}:stream/lobby`]],
    ['trims the past', ['XTRIM', `${prefix}:{mm}:stream/lobby`, 'MAXLEN', 0]],
    ['numbers a room', ['HSET', `${prefix}:{mm}:meta/lobby`, 'seq', '1']],
    ['speaks as the server', ['PUBLISH', `${prefix}:{mm}:room/lobby`, 'a message']],
    ['listens to rooms', ['SUBSCRIBE', `${prefix}:{mm}:room/lobby`]],
    ['reads who is there', ['HGETALL', `${prefix}:{mm}:users/lobby`]],
    ['reads password hashes', ['HGETALL', `${prefix}:{mm}:accounts/`]],
    ['reads what was said once', ['GET', `${prefix}:{mm}:once/lobby/ann/key`]],
  ])('refuses a service that archives that %s', async (_, [command = '', ...args]) => {
    await expectRefused('archive', String(command), ...args);
  });

  it.each([
    ['says that somebody came', ['HINCRBY', `${prefix}:{mm}:journal/`, 'seq', 1]],
    ['reads who is there', ['HGETALL', `${prefix}:{mm}:users/lobby`]],
    ['says that somebody is there', ['HSET', `${prefix}:{mm}:users/lobby`, 'ann', '1']],
    ['reads the past', ['XRANGE', `${prefix}:{mm}:stream/lobby`, '-', '+']],
    ['speaks as the server', ['PUBLISH', `${prefix}:{mm}:room/lobby`, 'a message']],
    ['listens to rooms', ['SUBSCRIBE', `${prefix}:{mm}:room/lobby`]],
    ['reads password hashes', ['HGETALL', `${prefix}:{mm}:accounts/`]],
  ])('refuses a service that sends events that %s', async (_, [command = '', ...args]) => {
    await expectRefused('events', String(command), ...args);
  });

  async function expectRefused(role: RedisRole, command: string, ...args: readonly (string | number)[]): Promise<void> {
    const user = new Redis(urls[role]);
    try {
      await expect(user.call(command, ...args)).rejects.toThrow(/NOPERM|ACL failure|executing the script can't/);
    } finally {
      user.disconnect();
    }
  }

  async function isAllowed(role: RedisRole, ...words: readonly string[]): Promise<boolean> {
    return (await admin.call('ACL', 'DRYRUN', role, ...words)) === 'OK';
  }

  /**
   * The commands that a role may use on a key; of those that it may use on any, where it is not said of which. One that finds no
   * key in what it is given here counts as allowed.
   */
  async function allowedOn(role: RedisRole, key: string, among = grantedOf(role)): Promise<readonly KeyCommand[]> {
    const verdicts = await Promise.all(
      among.map(({ words, minArguments }) => isAllowed(role, ...words, ...argumentsWith(key, words, minArguments))),
    );
    return among.filter((_, i) => verdicts[i]);
  }

  function grantedOf(role: RedisRole): readonly KeyCommand[] {
    const granted = grantedCommands(role);
    return commands.filter(({ words }) => granted.has(words.join('|')));
  }

  async function channelAccess(role: RedisRole, channel: string): Promise<ChannelAccess> {
    const [hears, speaks] = await Promise.all([
      isAllowed(role, 'SUBSCRIBE', channel),
      isAllowed(role, 'PUBLISH', channel, 'x'),
    ]);
    if (speaks) return 'speak';
    return hears ? 'listen' : 'none';
  }
});

function keyCommandsOf(info: CommandInfo, parents: readonly string[] = []): readonly KeyCommand[] {
  const [name, arity, flags, firstKey, , , , , , subcommands] = info;
  const words = parents.length === 0 ? [name] : [...parents, name.split('|')[1] ?? name];
  if (subcommands.length > 0) return subcommands.flatMap((subcommand) => keyCommandsOf(subcommand, words));
  if (firstKey === 0 && !flags.includes('movablekeys')) return [];
  const isRead = flags.includes('readonly');
  return [{ words, minArguments: Math.abs(arity) - words.length, isRead }];
}

function argumentsWith(key: string, [name = '']: readonly string[], minArguments: number): readonly string[] {
  if (SCRIPTS.includes(name.replace(/_ro$/, ''))) return ['x', '1', key];
  return Array.from({ length: Math.max(1, minArguments) }, () => key);
}

function textOf(commands: readonly KeyCommand[]): string {
  return commands
    .map(({ words }) => words.join(' '))
    .sort()
    .join(', ');
}

function accessBy(allowed: readonly KeyCommand[]): KeyAccess {
  if (allowed.length === 0) return 'none';
  return allowed.every(({ isRead }) => isRead) ? 'read' : 'write';
}
