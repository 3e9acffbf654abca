import { parseArgs } from 'node:util';

import { PostgresProcess, startRedis } from '@outcry/testkit';

import { measureLatency } from './latency.ts';
import { surviveKills } from './kills.ts';

const { values } = parseArgs({
  options: { rows: { type: 'string', default: '100000' }, samples: { type: 'string', default: '500' } },
});

/** `npm run test:outbox`: what the outbox promises in full size, in a table. Exits 1 where a bar is missed. */
const redis = await startRedis();
const postgres = await PostgresProcess.start();
try {
  const rows = [
    await measureLatency({ redis, postgres, samples: Number(values.samples) }),
    await surviveKills({ redis, postgres, rows: Number(values.rows) }),
  ].flat();
  console.table(Object.fromEntries(rows.map(({ what, ...row }) => [what, row])));
  process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1;
} finally {
  await postgres[Symbol.asyncDispose]();
  await redis.stop();
}
