import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/** Who asks Redis for what: the users of deploy/redis/users.acl. */
export const REDIS_ROLES = ['gateway', 'publisher', 'inbound'] as const;
export type RedisRole = (typeof REDIS_ROLES)[number];

const PASSWORD = 'a-password-of-the-tests';
const USERS = readFileSync(new URL('../../../../deploy/redis/users.acl', import.meta.url), 'utf8');

/** Makes the user of a role, for names with the prefix, and resolves with the URL that it connects by. */
export async function createRole(
  admin: Redis,
  role: RedisRole,
  { url, prefix }: { url: string; prefix: string },
): Promise<string> {
  const rules = rulesOf(role).map((rule) => rule.replaceAll('outcry:', `${prefix}:`));
  await admin.acl('SETUSER', role, ...rules, `>${PASSWORD}`);
  const withUser = new URL(url);
  withUser.username = role;
  withUser.password = PASSWORD;
  return withUser.href;
}

/** The commands that a role may use on something, as `INFO commandstats` writes them. */
export function grantedCommands(role: RedisRole): ReadonlySet<string> {
  return new Set(
    [
      ...rulesOf(role)
        .join(' ')
        .matchAll(/ \+([^ )]+)/g),
    ].map(([, command = '']) => command),
  );
}

/** The commands that anybody has carried out since the server began. */
export async function usedCommands(admin: Redis): Promise<readonly string[]> {
  const statistics = await admin.info('commandstats');
  return [...statistics.matchAll(/^cmdstat_([^:]+):calls=(\d+),.*?rejected_calls=\d+/gm)]
    .filter(([, , calls]) => calls !== '0')
    .map(([, command = '']) => command);
}

/** Each as `ACL SETUSER` takes it; a selector, which is in parentheses, is one. */
function rulesOf(role: RedisRole): readonly string[] {
  const line = USERS.split('\n').find((text) => text.startsWith(`user ${role} `));
  if (line === undefined) throw new Error(`deploy/redis/users.acl has no user ${role}`);
  return (line.match(/\([^)]*\)|[^ ]+/g) ?? []).slice(2);
}
