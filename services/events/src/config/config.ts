import { ConfigError, type Environment, readSettings, type SettingValues } from '@outcry/config';
import { problemsOfRedis, productionProblems, type RedisConfig, redisConfigOf } from '@outcry/service';
import type { LeaseTimes } from '@outcry/worker';

import { type DeliveryConfig, deliveryConfigOf, problemsOfDelivery } from '../delivery/settings.ts';
import { leaseTimesOf, problemsOfLease } from '../leadership/settings.ts';
import { type SendingConfig, sendingConfigOf } from '../sending/settings.ts';
import { EVENTS_SETTINGS } from './settings.ts';

export type EventsSettings = SettingValues<typeof EVENTS_SETTINGS>;

/** The settings as the service's parts take them. */
export interface EventsConfig {
  readonly logLevel: EventsSettings['OUTCRY_LOG_LEVEL'];
  readonly internal: { readonly host: string; readonly port: number };
  readonly redis: RedisConfig;
  readonly delivery: DeliveryConfig;
  readonly sending: SendingConfig;
  readonly leases: LeaseTimes;
}

/** @throws ConfigError with every problem at once, those between settings included */
export function loadEventsConfig(environment: Environment): { config: EventsConfig; settings: EventsSettings } {
  const settings = readSettings(EVENTS_SETTINGS, environment);
  const isProduction = settings.OUTCRY_ENV === 'production';
  const problems = [
    ...problemsOfRedis(settings),
    ...problemsOfLease(settings),
    ...problemsOfDelivery(settings, { isProduction }),
    ...(isProduction ? productionProblems(settings) : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return {
    settings,
    config: {
      logLevel: settings.OUTCRY_LOG_LEVEL,
      internal: { host: settings.OUTCRY_INTERNAL_HOST, port: settings.OUTCRY_INTERNAL_PORT },
      redis: redisConfigOf(settings),
      delivery: deliveryConfigOf(settings),
      sending: sendingConfigOf(settings),
      leases: leaseTimesOf(settings),
    },
  };
}
