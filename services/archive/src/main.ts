import { runWorker } from '@outcry/worker';

import { loadArchiveConfig } from './config/config.ts';
import { ARCHIVE_SECTIONS } from './config/settings.ts';
import { composeArchive } from './service.ts';

await runWorker({
  name: 'archive',
  summary: 'keeps for good what is said in rooms whose rule says so: in PostgreSQL',
  sections: ARCHIVE_SECTIONS,
  load: loadArchiveConfig,
  compose: composeArchive,
});
