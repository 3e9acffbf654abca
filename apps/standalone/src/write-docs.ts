import { writeFileSync } from 'node:fs';

import { formatConfigurationDocument } from './config/configuration-document.ts';
import { formatConfigurationSchema } from './config/configuration-schema.ts';

const ROOT = new URL('../../../', import.meta.url);

writeFileSync(new URL('docs/CONFIGURATION.md', ROOT), formatConfigurationDocument());
writeFileSync(new URL('deploy/outcry.schema.json', ROOT), formatConfigurationSchema());
