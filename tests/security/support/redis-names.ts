import { Redis } from 'ioredis';

import type { Target } from './target.ts';

/** A name of ours: the first braces hold the tag of a partition, and what comes behind is text. */
const NAME = /^\{[0-9a-z]{2}\}:[a-z-]+\/[^\p{Cc}\p{Cs}*]*$/u;

/** Every channel that somebody is subscribed to. */
export function channelsOf({ redis: { host, port } }: Target): Promise<readonly string[]> {
  return ask({ host, port }, async (redis) => (await redis.call('PUBSUB', 'CHANNELS', '*')) as string[]);
}

/** Keys and channels that are not as outcry builds them. */
export async function foreignNames(target: Target): Promise<readonly string[]> {
  const { host, port } = target.redis;
  const keys = await ask({ host, port }, (redis) => redis.keys('*'));
  const prefix = `${target.redisPrefix}:`;
  return [...keys, ...(await channelsOf(target))].filter(
    (name) => !name.startsWith(prefix) || !NAME.test(name.slice(prefix.length)),
  );
}

async function ask<T>(address: { host: string; port: number }, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(address);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}
