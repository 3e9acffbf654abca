import { writeFileSync } from 'node:fs';

import { stringify } from 'yaml';

import { createAsyncApiDocument } from './asyncapi-document.ts';

writeFileSync(
  new URL('../../../../docs/asyncapi.yaml', import.meta.url),
  stringify(createAsyncApiDocument(), { aliasDuplicateObjects: false, lineWidth: 0 }),
);
