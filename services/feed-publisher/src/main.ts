import { runWorker } from '@outcry/worker';

import { loadFeedPublisherConfig } from './config/config.ts';
import { FEED_PUBLISHER_SECTIONS } from './config/settings.ts';
import { composeFeedPublisher } from './service.ts';

await runWorker({
  name: 'feed-publisher',
  summary: 'keeps order books and publishes them to the gateways',
  sections: FEED_PUBLISHER_SECTIONS,
  load: loadFeedPublisherConfig,
  compose: composeFeedPublisher,
});
