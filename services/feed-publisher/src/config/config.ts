import { ConfigError, type Environment, readSettings, type SettingValues } from '@outcry/config';

import { productionProblems, weaknessOf } from '@outcry/service';

import type { LeadershipTimes } from '../leadership/leadership.ts';
import type { FeedTiming } from '../symbol-feed.ts';
import { FEED_PUBLISHER_SETTINGS } from './settings.ts';
import { problemsOfSource, type SourceConfig, sourceConfigOf } from './source-config.ts';

export type { SourceConfig };

export type FeedPublisherSettings = SettingValues<typeof FEED_PUBLISHER_SETTINGS>;

/** The settings as the publisher's parts take them. */
export interface FeedPublisherConfig {
  readonly logLevel: FeedPublisherSettings['OUTCRY_LOG_LEVEL'];
  readonly internal: { readonly host: string; readonly port: number };
  readonly redis: { readonly url: string; readonly prefix: string };
  readonly source: SourceConfig;
  readonly timing: FeedTiming;
  readonly leadership: LeadershipTimes;
}

/** @throws ConfigError with every problem at once, those between settings included */
export function loadFeedPublisherConfig(environment: Environment): {
  config: FeedPublisherConfig;
  settings: FeedPublisherSettings;
} {
  const settings = readSettings(FEED_PUBLISHER_SETTINGS, environment);
  const problems = [...problemsOfSource(settings), ...problemsOfLease(settings), ...problemsInProduction(settings)];
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: configOf(settings), settings };
}

function problemsInProduction(settings: FeedPublisherSettings): readonly string[] {
  if (settings.OUTCRY_ENV !== 'production') return [];
  const keys = settings.OUTCRY_FEED_HTTP_KEYS?.split(',') ?? [];
  const weak = keys.map(weaknessOf).filter((weakness) => weakness !== undefined);
  return [...productionProblems(settings), ...weak.map((weakness) => `OUTCRY_FEED_HTTP_KEYS: a key ${weakness}`)];
}

function problemsOfLease(settings: FeedPublisherSettings): readonly string[] {
  const { OUTCRY_FEED_LEASE_MS: leaseMs, OUTCRY_FEED_LEASE_RENEW_MS: renewMs } = settings;
  return leaseMs >= 2 * renewMs ? [] : ['OUTCRY_FEED_LEASE_MS: at least twice OUTCRY_FEED_LEASE_RENEW_MS'];
}

function configOf(settings: FeedPublisherSettings): FeedPublisherConfig {
  return {
    logLevel: settings.OUTCRY_LOG_LEVEL,
    internal: { host: settings.OUTCRY_INTERNAL_HOST, port: settings.OUTCRY_INTERNAL_PORT },
    redis: { url: settings.OUTCRY_REDIS_URL, prefix: settings.OUTCRY_REDIS_PREFIX },
    source: sourceConfigOf(settings),
    timing: { deltaMs: settings.OUTCRY_FEED_DELTA_MS, snapshotMs: settings.OUTCRY_FEED_SNAPSHOT_MS },
    leadership: leadershipOf(settings),
  };
}

function leadershipOf(settings: FeedPublisherSettings): LeadershipTimes {
  const renewMs = settings.OUTCRY_FEED_LEASE_RENEW_MS;
  // Whoever looks this often has seen those who came at the same time by then.
  return { leaseMs: settings.OUTCRY_FEED_LEASE_MS, renewMs, settleMs: renewMs };
}
