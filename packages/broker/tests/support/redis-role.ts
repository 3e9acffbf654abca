import { readFileSync } from 'node:fs';
import type { Redis } from 'ioredis';

/** Who asks Redis for what: the users of deploy/redis/users.acl, and of cluster-users.acl beside it. */
export const REDIS_ROLES = ['gateway', 'publisher', 'inbound', 'archive', 'events'] as const;
export type RedisRole = (typeof REDIS_ROLES)[number];

const PASSWORD = 'a-password-of-the-tests';
/** A file of deploy/redis. */
export const readUsers = (file: string): string =>
  readFileSync(new URL(`../../../../deploy/redis/${file}`, import.meta.url), 'utf8');
const USERS = readUsers('users.acl');
const CLUSTER_USERS = readUsers('cluster-users.acl');

/** Makes the user of a role, for names with the prefix, and resolves with the URL that it connects by. */
export async function createRole(
  admin: Redis,
  role: RedisRole,
  { url, prefix, isCluster = false }: { url: string; prefix: string; isCluster?: boolean },
): Promise<string> {
  const rules = rulesOf(role, isCluster).map((rule) => rule.replaceAll('outcry:', `${prefix}:`));
  await admin.acl('SETUSER', role, ...rules, `>${PASSWORD}`);
  return url.replace('://', `://${role}:${PASSWORD}@`);
}

/** The commands that a role may use on something, as `INFO commandstats` writes them. */
export function grantedCommands(role: RedisRole, isCluster = false): ReadonlySet<string> {
  return new Set(
    [
      ...rulesOf(role, isCluster)
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
function rulesOf(role: RedisRole, isCluster: boolean): readonly string[] {
  const line = (isCluster ? CLUSTER_USERS : USERS).split('\n').find((text) => text.startsWith(`user ${role} `));
  if (line === undefined) throw new Error(`deploy/redis has no user ${role}`);
  return (line.match(/\([^)]*\)|[^ ]+/g) ?? []).slice(2);
}
