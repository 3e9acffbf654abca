export { type FeedPublisherConfig, type FeedPublisherSettings, loadFeedPublisherConfig } from './config/config.ts';
export { FEED_PUBLISHER_SECTIONS, FEED_PUBLISHER_SETTINGS } from './config/settings.ts';
export type { FeedTiming } from './feed/frame-sender.ts';
export { createFeedPublisher, type FeedPublisher, type FeedPublisherOptions } from './publisher.ts';
export { type BookEvent, BookEventKind, type BookSource } from './sources/book-source.ts';
export { openSource } from './sources/open-source.ts';
export type { SourceConfig } from './sources/settings.ts';
