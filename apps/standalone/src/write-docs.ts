import { writeFileSync } from 'node:fs';

import { formatConfigurationDocument } from './config/configuration-document.ts';

writeFileSync(new URL('../../../docs/CONFIGURATION.md', import.meta.url), formatConfigurationDocument());
