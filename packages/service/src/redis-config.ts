import { OutcryError, parseTopology, type RedisBackplaneOptions, type Topology } from '@outcry/broker';
import type { SettingValues } from '@outcry/config';
import type { COMMON_SETTINGS } from './common-settings.ts';

/** The settings that say where the Redis of a cluster is. */
export type RedisSettings = Pick<
  SettingValues<typeof COMMON_SETTINGS>,
  | 'OUTCRY_REDIS_URL'
  | 'OUTCRY_REDIS_PREFIX'
  | 'OUTCRY_REDIS_WAIT_MS'
  | 'OUTCRY_REDIS_REQUIRE_REPLICAS'
  | 'OUTCRY_REDIS_SENTINEL_USER'
  | 'OUTCRY_REDIS_SENTINEL_PASSWORD'
>;

export type RedisConfig = Pick<
  RedisBackplaneOptions,
  'url' | 'prefix' | 'sentinel' | 'requiresReplicas' | 'startTimeoutMs'
>;

export function redisConfigOf(settings: RedisSettings): RedisConfig {
  const { OUTCRY_REDIS_SENTINEL_USER: username = '', OUTCRY_REDIS_SENTINEL_PASSWORD: password = '' } = settings;
  return {
    url: settings.OUTCRY_REDIS_URL,
    prefix: settings.OUTCRY_REDIS_PREFIX,
    startTimeoutMs: settings.OUTCRY_REDIS_WAIT_MS,
    requiresReplicas: settings.OUTCRY_REDIS_REQUIRE_REPLICAS,
    ...(username === '' && password === '' ? {} : { sentinel: { username, password } }),
  };
}

/** What is wrong with them, in words that repeat nothing. */
export function problemsOfRedis(settings: RedisSettings): readonly string[] {
  const topology = topologyOf(settings);
  return typeof topology === 'string' ? [`OUTCRY_REDIS_URL: ${topology}`] : [];
}

/** Or why it is none. */
export function topologyOf(settings: RedisSettings): Topology | string {
  const { url, sentinel } = redisConfigOf(settings);
  try {
    return parseTopology(url, sentinel);
  } catch (error) {
    if (!(error instanceof OutcryError)) throw error;
    return error.message;
  }
}
