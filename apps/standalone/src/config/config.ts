import { randomBytes } from 'node:crypto';

import { consoleDirectory } from '@outcry/console';
import { demoDirectory } from '@outcry/demo';
import { ConfigError, type Environment, readSettings, type SettingFields, type SettingValues } from '@outcry/config';
import { FEED_PUBLISHER_SETTINGS, type FeedPublisherConfig, loadFeedPublisherConfig } from '@outcry/feed-publisher';
import { accountsConfigOf, GATEWAY_SETTINGS, type GatewayConfig, loadGatewayConfig } from '@outcry/gateway';

import { type DataConfig, dataConfigOf, problemsOfData } from '../data/settings.ts';
import { STANDALONE_SETTINGS } from './settings.ts';

const SECRET_BYTES = 32;

export interface StandaloneConfig {
  readonly gateway: GatewayConfig;
  /** Undefined for a node of a cluster: there the books come from the cluster's publishers. */
  readonly feedPublisher: FeedPublisherConfig | undefined;
  /** Undefined where nothing is there again at the next start, or all is kept elsewhere. */
  readonly data: DataConfig | undefined;
}

/** @throws ConfigError with every problem at once */
export function loadStandaloneConfig(environment: Environment): {
  config: StandaloneConfig;
  settings: SettingValues<typeof STANDALONE_SETTINGS>;
} {
  const settings = readSettings(STANDALONE_SETTINGS, environment);
  const isNode = settings.OUTCRY_REDIS_URL !== undefined;
  const isKeptElsewhere = isNode || settings.OUTCRY_ARCHIVE_URL !== undefined;
  const problems = [...problemsOfData(settings, { isKeptElsewhere }), ...problemsOfAccounts(settings, environment)];
  if (problems.length > 0) throw new ConfigError(problems);
  // Accounts of a process by itself need no secret that others know; a node of a cluster has to be told the cluster's.
  const ownsAccounts = settings.OUTCRY_ACCOUNTS && !isNode && settings.OUTCRY_AUTH_SECRET === undefined;
  const hasAccounts = settings.OUTCRY_ACCOUNTS && settings.OUTCRY_AUTH_SECRET !== undefined;
  const forGateway = {
    ...only(GATEWAY_SETTINGS, environment),
    OUTCRY_ACCOUNTS: String(hasAccounts),
    OUTCRY_DEMO: String(settings.OUTCRY_DEMO),
    OUTCRY_DEMO_DIR: settings.OUTCRY_DEMO_DIR ?? demoDirectory,
    OUTCRY_CONSOLE: String(settings.OUTCRY_CONSOLE),
    OUTCRY_CONSOLE_DIR: settings.OUTCRY_CONSOLE_DIR ?? consoleDirectory,
  };
  const { config } = loadGatewayConfig(forGateway);
  const accounts = ownsAccounts ? accountsConfigOf(settings, randomBytes(SECRET_BYTES)) : config.auth.accounts;
  const data = isKeptElsewhere ? undefined : dataConfigOf(settings);
  const roomRules = data === undefined ? config.roomRules : config.roomRules.allArchived();
  const gateway = { ...config, roomRules, auth: { ...config.auth, accounts } };
  const feedPublisher = isNode ? undefined : loadFeedPublisherConfig(only(FEED_PUBLISHER_SETTINGS, environment)).config;
  if (feedPublisher?.source.kind === 'http') {
    throw new ConfigError(['OUTCRY_FEED_SOURCE: http takes a feed publisher of its own: npm run feed-publisher']);
  }
  return { config: { gateway, feedPublisher, data }, settings };
}

/** By itself a node of a cluster has none; who asks for them is told what they need. */
function problemsOfAccounts(
  settings: SettingValues<typeof STANDALONE_SETTINGS>,
  { OUTCRY_ACCOUNTS: asked }: Environment,
): readonly string[] {
  const { OUTCRY_REDIS_URL: redis, OUTCRY_AUTH_SECRET: secret } = settings;
  if (asked !== 'true' || redis === undefined || secret !== undefined) return [];
  return ['OUTCRY_AUTH_SECRET: required where OUTCRY_ACCOUNTS is true and OUTCRY_REDIS_URL is set'];
}

/** Each service takes its own names only, and would call the other's unknown. */
function only(fields: SettingFields, environment: Environment): Environment {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => Object.hasOwn(fields, name)));
}
