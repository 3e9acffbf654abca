export {
  type FeedPublisherConfig,
  type FeedPublisherSettings,
  loadFeedPublisherConfig,
  type SourceConfig,
} from './config/config.ts';
export { FEED_PUBLISHER_SETTINGS } from './config/settings.ts';
export { createFeedPublisher, type FeedPublisher, type FeedPublisherOptions } from './publisher.ts';
export { type BookEvent, BookEventKind, type BookSource } from './sources/book-source.ts';
export { openSource } from './sources/open-source.ts';
export type { FeedTiming } from './symbol-feed.ts';
