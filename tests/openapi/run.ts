import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

import { startGateway, startRedis } from '@outcry/testkit';

import { prepareSchemathesis } from './schemathesis.ts';

// npm run test:openapi [-- what `schemathesis run` takes…]
//
// Holds a gateway to its own OpenAPI document: what it allows is taken, what it does not allow is refused, and every answer is
// one of those that it tells of.

const API_KEY = 'key-of-the-openapi-run';
const HERE = fileURLToPath(new URL('.', import.meta.url));
/** Of pino's levels: what the gateway calls a fault of its own. */
const ERROR = 50;

const schemathesis = prepareSchemathesis();
const redis = await startRedis();
const gateway = await startGateway({ redisUrl: redis.url, apiKeys: API_KEY });

const { status } = spawnSync(
  schemathesis,
  [
    ...['--config-file', 'schemathesis.toml', 'run', `${gateway.internalUrl}/api/openapi.json`],
    ...['--url', gateway.internalUrl, '--header', `Authorization: Bearer ${API_KEY}`],
    ...process.argv.slice(2),
  ],
  { cwd: HERE, stdio: 'inherit' },
);
// Rejects where the gateway has not survived.
await gateway.process.stop();
await redis.stop();

const faults = gateway.process.log.filter(({ level }) => level >= ERROR);
for (const fault of faults) console.error('the gateway logged', fault);
process.exitCode = status === 0 && faults.length === 0 ? 0 : 1;
