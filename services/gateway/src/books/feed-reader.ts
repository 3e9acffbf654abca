import type { FeedBus } from '@outcry/broker';

/** What a gateway does with the feed bus: it listens and reads, and publishes nothing. */
export type FeedReader = Pick<FeedBus, 'listInstruments' | 'watch' | 'unwatch' | 'readBook'>;
