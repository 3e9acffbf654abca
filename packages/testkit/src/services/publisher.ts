import { toEnvironment } from './environment.ts';
import { ServiceProcess } from './process.ts';

/** Settings of a feed publisher, each an `OUTCRY_FEED_*` variable of the same name; what is left out has its default. */
export interface FeedSettings {
  readonly source?: 'simulator' | 'recording' | 'binance' | 'http';
  /** A recording's path, or several with commas between them, each as `path` or `SYMBOL=path`. */
  readonly file?: string;
  /** How many times as fast as it was recorded, or `max`. */
  readonly speed?: number | 'max';
  readonly loop?: boolean;
  readonly deltaMs?: number;
  readonly snapshotMs?: number;
  readonly leaseMs?: number;
  readonly leaseRenewMs?: number;
  /** The symbols of simulator or venue, with commas between them. */
  readonly symbols?: string;
  /** Order events per second and symbol. */
  readonly rate?: number;
  readonly seed?: number;
  readonly binanceMarket?: 'spot' | 'usdm';
  readonly binanceRestUrl?: string;
  readonly binanceStreamUrl?: string;
  /** Keys that let post books, with commas between them. */
  readonly httpKeys?: string;
  readonly httpMaxBodyBytes?: number;
  readonly httpSilenceMs?: number;
  /** The books that may be posted: `SYMBOL:priceScale:sizeScale`, with commas between them. */
  readonly instruments?: string;
}

export interface PublisherOptions {
  readonly redisUrl: string;
  /** That of the gateways which are to show the books. */
  readonly redisPrefix?: string;
  readonly logLevel?: string;
  /** Any free one where it is left out. */
  readonly internalPort?: number;
  readonly feed?: FeedSettings;
}

/** Starts a feed publisher; resolves when it has started, rejects with its output where it does not. */
export async function startPublisher({ feed = {}, ...settings }: PublisherOptions): Promise<ServiceProcess> {
  const process = new ServiceProcess({
    entry: 'services/feed-publisher/src/main.ts',
    env: {
      ...toEnvironment('OUTCRY_', { internalHost: '127.0.0.1', internalPort: 0, ...settings }),
      ...toEnvironment('OUTCRY_FEED_', { ...feed }),
    },
  });
  await process.waitForLog('feed publisher started');
  return process;
}
