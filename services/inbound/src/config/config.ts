import { ConfigError, type Environment, readSettings, type SettingValues } from '@outcry/config';
import { problemsOfRedis, productionProblems, type RedisConfig, redisConfigOf } from '@outcry/service';
import { type LeaseTimes, problemsOfPostgresUrl } from '@outcry/worker';

import { type OutboxConfig, outboxConfigOf } from '../outbox/settings.ts';
import { leaseTimesOf, problemsOfLease } from '../partitions/settings.ts';
import type { RetentionRules } from '../retention/retention-rules.ts';
import { loadRetentionRules, problemsOfRetention } from '../retention/settings.ts';
import { INBOUND_SETTINGS } from './settings.ts';

export type InboundSettings = SettingValues<typeof INBOUND_SETTINGS>;

/** The settings as the service's parts take them. */
export interface InboundConfig {
  readonly logLevel: InboundSettings['OUTCRY_LOG_LEVEL'];
  readonly internal: { readonly host: string; readonly port: number };
  readonly redis: RedisConfig;
  readonly outbox: OutboxConfig;
  readonly leases: LeaseTimes;
  readonly rememberMs: number;
  readonly retention: RetentionRules;
  readonly maxDataBytes: number;
}

/** @throws ConfigError with every problem at once, those between settings included */
export function loadInboundConfig(environment: Environment): { config: InboundConfig; settings: InboundSettings } {
  const settings = readSettings(INBOUND_SETTINGS, environment);
  const isProduction = settings.OUTCRY_ENV === 'production';
  const problems = [
    ...problemsOfRedis(settings),
    ...problemsOfLease(settings),
    ...problemsOfPostgresUrl('OUTCRY_POSTGRES_URL', settings.OUTCRY_POSTGRES_URL, { isProduction }),
    ...problemsOfRetention(settings),
    ...(isProduction ? productionProblems(settings) : []),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: configOf(settings), settings };
}

function configOf(settings: InboundSettings): InboundConfig {
  return {
    logLevel: settings.OUTCRY_LOG_LEVEL,
    internal: { host: settings.OUTCRY_INTERNAL_HOST, port: settings.OUTCRY_INTERNAL_PORT },
    redis: redisConfigOf(settings),
    outbox: outboxConfigOf(settings),
    leases: leaseTimesOf(settings),
    rememberMs: settings.OUTCRY_INBOUND_REMEMBER_MS,
    retention: loadRetentionRules(settings),
    maxDataBytes: settings.OUTCRY_MAX_FRAME_BYTES,
  };
}
