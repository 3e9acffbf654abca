import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { generatedFiles } from './chart.ts';

for (const [path, text] of generatedFiles()) {
  const file = new URL(`../../../deploy/${path}`, import.meta.url).pathname;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, text);
}
