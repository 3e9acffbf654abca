import { Redis } from 'ioredis';

/** CPU seconds that the Redis server has used, in user and kernel mode. */
export async function redisCpuSeconds(url: string): Promise<number> {
  const redis = new Redis(url);
  try {
    const info = await redis.info('cpu');
    return readField(info, 'used_cpu_sys') + readField(info, 'used_cpu_user');
  } finally {
    redis.disconnect();
  }
}

function readField(info: string, name: string): number {
  const match = new RegExp(`^${name}:([0-9.]+)`, 'm').exec(info);
  if (match === null) throw new Error(`Redis does not tell ${name}`);
  return Number(match[1]);
}
