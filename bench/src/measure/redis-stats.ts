import { Redis } from 'ioredis';

/** CPU seconds that the Redis server has used, in user and kernel mode. */
export function redisCpuSeconds(url: string): Promise<number> {
  return ask(url, async (redis) => {
    const info = await redis.info('cpu');
    return readField(info, 'used_cpu_sys') + readField(info, 'used_cpu_user');
  });
}

/** Bytes that the Redis server has allocated. */
export function redisUsedBytes(url: string): Promise<number> {
  return ask(url, async (redis) => readField(await redis.info('memory'), 'used_memory'));
}

/** Scripts that the Redis server has run since it was started. */
export function redisScripts(url: string): Promise<number> {
  return ask(url, async (redis) => {
    const info = await redis.info('commandstats');
    return Number(/^cmdstat_evalsha:calls=(\d+)/m.exec(info)?.[1] ?? 0);
  });
}

/** Cuts every connection that listens. */
export function cutListeners(url: string): Promise<void> {
  return ask(url, async (redis) => {
    await redis.client('KILL', 'TYPE', 'PUBSUB');
  });
}

/** Forgets all that is stored. */
export function clearRedis(url: string): Promise<void> {
  return ask(url, async (redis) => {
    await redis.flushall();
  });
}

async function ask<T>(url: string, question: (redis: Redis) => Promise<T>): Promise<T> {
  const redis = new Redis(url);
  try {
    return await question(redis);
  } finally {
    redis.disconnect();
  }
}

function readField(info: string, name: string): number {
  const match = new RegExp(`^${name}:([0-9.]+)`, 'm').exec(info);
  if (match === null) throw new Error(`Redis does not tell ${name}`);
  return Number(match[1]);
}
