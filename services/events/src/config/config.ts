import { ConfigError, type Environment, readSettings, type SettingValues } from '@outcry/config';
import { problemsOfRedis, productionProblems, type ServiceConfig, serviceConfigOf } from '@outcry/service';
import type { LeaseTimes } from '@outcry/worker';

import { type DeliveryConfig, deliveryConfigOf, problemsOfDelivery } from '../delivery/settings.ts';
import { leaseTimesOf, problemsOfLease } from '../leadership/settings.ts';
import { type SendingConfig, sendingConfigOf } from '../sending/settings.ts';
import { EVENTS_SETTINGS } from './settings.ts';

export type EventsSettings = SettingValues<typeof EVENTS_SETTINGS>;

/** The settings as the service's parts take them. */
export interface EventsConfig extends ServiceConfig {
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
      ...serviceConfigOf(settings),
      delivery: deliveryConfigOf(settings),
      sending: sendingConfigOf(settings),
      leases: leaseTimesOf(settings),
    },
  };
}
