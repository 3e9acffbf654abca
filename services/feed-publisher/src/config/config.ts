import { ConfigError, type Environment, readSettings, type SettingValues } from '@outcry/config';
import { problemsOfRedis, productionProblems, type ServiceConfig, serviceConfigOf, weaknessOf } from '@outcry/service';

import { timingOf } from '../feed/settings.ts';
import type { FeedTiming } from '../feed/frame-sender.ts';
import type { LeadershipTimes } from '../leadership/leadership.ts';
import { leadershipOf, problemsOfLease } from '../leadership/settings.ts';
import { problemsOfSource, type SourceConfig, sourceConfigOf } from '../sources/settings.ts';
import { FEED_PUBLISHER_SETTINGS } from './settings.ts';

export type FeedPublisherSettings = SettingValues<typeof FEED_PUBLISHER_SETTINGS>;

/** The settings as the publisher's parts take them. */
export interface FeedPublisherConfig extends ServiceConfig {
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
  const problems = [
    ...problemsOfRedis(settings),
    ...problemsOfSource(settings),
    ...problemsOfLease(settings),
    ...problemsInProduction(settings),
  ];
  if (problems.length > 0) throw new ConfigError(problems);
  return { config: configOf(settings), settings };
}

function problemsInProduction(settings: FeedPublisherSettings): readonly string[] {
  if (settings.OUTCRY_ENV !== 'production') return [];
  const keys = settings.OUTCRY_FEED_HTTP_KEYS?.split(',') ?? [];
  const weak = keys.map(weaknessOf).filter((weakness) => weakness !== undefined);
  return [...productionProblems(settings), ...weak.map((weakness) => `OUTCRY_FEED_HTTP_KEYS: a key ${weakness}`)];
}

function configOf(settings: FeedPublisherSettings): FeedPublisherConfig {
  return {
    ...serviceConfigOf(settings),
    source: sourceConfigOf(settings),
    timing: timingOf(settings),
    leadership: leadershipOf(settings),
  };
}
