import { runWorker } from '@outcry/worker';

import { loadEventsConfig } from './config/config.ts';
import { EVENTS_SECTIONS } from './config/settings.ts';
import { composeEvents } from './service.ts';

await runWorker({
  name: 'events',
  summary: 'tells a server of yours who comes and who goes',
  sections: EVENTS_SECTIONS,
  load: loadEventsConfig,
  compose: composeEvents,
});
