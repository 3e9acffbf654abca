import { readFileSync, writeFileSync } from 'node:fs';

import { withDiagrams } from './architecture-document.ts';

const DOCUMENT = new URL('../../../docs/ARCHITECTURE.md', import.meta.url);

writeFileSync(DOCUMENT, withDiagrams(readFileSync(DOCUMENT, 'utf8')));
