import { parseArgs } from 'node:util';

import { startRedis } from '@outcry/testkit';

import { FAULTS } from './faults.ts';
import { goThrough, type Rule } from './trouble.ts';

const RULES: readonly Rule[] = ['deny', 'allow'];
const { values } = parseArgs({ options: { seconds: { type: 'string', default: '5' } } });

/** `npm run test:hooks`: what clients notice of an operator's server that is in trouble, in a table. Exits 1 where a bar is missed. */
const redis = await startRedis();
try {
  const rows = [];
  for (const rule of RULES) {
    for (const fault of FAULTS)
      rows.push(await goThrough({ redis, fault, rule, windowMs: Number(values.seconds) * 1000 }));
  }
  console.table(Object.fromEntries(rows.map(({ what, ...row }) => [what, row])));
  process.exitCode = rows.every(({ holds }) => holds) ? 0 : 1;
} finally {
  await redis.stop();
}
