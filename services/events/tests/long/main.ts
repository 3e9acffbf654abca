import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

import { startRedis } from '@outcry/testkit';

import { surviveKills } from './kills.ts';

const { values } = parseArgs({ options: { cycles: { type: 'string', default: '50' } } });
if (!/^[1-9]\d{0,3}$/.test(values.cycles)) throw new TypeError('expected --cycles from 1 to 9999');

/** `npm run test:events`: what the service that sends events promises, in a table. Exits 1 where a bar is missed. */
const folder = mkdtempSync(join(tmpdir(), 'outcry-events-'));
const redis = await startRedis();
try {
  const rows = await surviveKills(redis, { folder, cycles: Number(values.cycles) });
  console.table(Object.fromEntries(rows.map(({ what, ...row }) => [what, row])));
  process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1;
} finally {
  await redis.stop();
  rmSync(folder, { recursive: true });
}
