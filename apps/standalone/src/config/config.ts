import { demoDirectory } from '@outcry/demo';
import { ConfigError, type Environment, readSettings, type SettingFields, type SettingValues } from '@outcry/config';
import { FEED_PUBLISHER_SETTINGS, type FeedPublisherConfig, loadFeedPublisherConfig } from '@outcry/feed-publisher';
import { GATEWAY_SETTINGS, type GatewayConfig, loadGatewayConfig } from '@outcry/gateway';

import { STANDALONE_SETTINGS } from './settings.ts';

export interface StandaloneConfig {
  readonly gateway: GatewayConfig;
  /** Undefined for a node of a cluster: there the books come from the cluster's publishers. */
  readonly feedPublisher: FeedPublisherConfig | undefined;
}

/** @throws ConfigError with every problem at once */
export function loadStandaloneConfig(environment: Environment): {
  config: StandaloneConfig;
  settings: SettingValues<typeof STANDALONE_SETTINGS>;
} {
  const settings = readSettings(STANDALONE_SETTINGS, environment);
  const isNode = settings.OUTCRY_REDIS_URL !== undefined;
  const forGateway = {
    ...only(GATEWAY_SETTINGS, environment),
    OUTCRY_DEMO: String(settings.OUTCRY_DEMO),
    OUTCRY_DEMO_DIR: settings.OUTCRY_DEMO_DIR ?? demoDirectory,
  };
  const gateway = loadGatewayConfig(forGateway).config;
  const feedPublisher = isNode ? undefined : loadFeedPublisherConfig(only(FEED_PUBLISHER_SETTINGS, environment)).config;
  if (feedPublisher?.source.kind === 'http') {
    throw new ConfigError(['OUTCRY_FEED_SOURCE: http takes a feed publisher of its own: npm run feed-publisher']);
  }
  return { config: { gateway, feedPublisher }, settings };
}

/** Each service takes its own names only, and would call the other's unknown. */
function only(fields: SettingFields, environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => Object.hasOwn(fields, name)));
}
