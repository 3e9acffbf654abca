import { runWorker } from '@outcry/worker';

import { loadInboundConfig } from './config/config.ts';
import { INBOUND_FOLLOWS, INBOUND_SECTIONS } from './config/settings.ts';
import { composeInbound } from './service.ts';

await runWorker({
  name: 'inbound',
  summary:
    'publishes what a back end has written down: in a PostgreSQL outbox, in streams of a Redis, in topics of a Kafka',
  sections: INBOUND_SECTIONS,
  follows: INBOUND_FOLLOWS,
  load: loadInboundConfig,
  compose: composeInbound,
});
