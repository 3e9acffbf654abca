import type { SettingValues } from '@outcry/config';

import type { COMMON_SETTINGS } from './common-settings.ts';
import { type RedisConfig, redisConfigOf } from './redis-config.ts';

type CommonSettings = SettingValues<typeof COMMON_SETTINGS>;

/** What every service has, as its parts take it. */
export interface ServiceConfig {
  readonly logLevel: CommonSettings['OUTCRY_LOG_LEVEL'];
  readonly internal: { readonly host: string; readonly port: number };
  readonly redis: RedisConfig;
}

export function serviceConfigOf(settings: CommonSettings): ServiceConfig {
  return {
    logLevel: settings.OUTCRY_LOG_LEVEL,
    internal: { host: settings.OUTCRY_INTERNAL_HOST, port: settings.OUTCRY_INTERNAL_PORT },
    redis: redisConfigOf(settings),
  };
}
