import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

import { DASHBOARDS, fileOf, toJson } from './index.ts';

for (const dashboard of DASHBOARDS) {
  const file = new URL(`../../../${fileOf(dashboard)}`, import.meta.url).pathname;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, toJson(dashboard));
}
