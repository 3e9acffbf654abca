import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { createLogger } from '@outcry/service';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { Fleet } from './fleet.ts';

/** Serves where it is refused the port that it was told; ends where anybody could have it. */
const WANTS_PORT_ALONE = `
import { createServer } from 'node:net';

const server = createServer();
server.on('error', () => process.send('ready'));
server.listen({ host: '127.0.0.1', port: Number(process.env.OUTCRY_PORT), exclusive: true }, () => process.exit(1));
process.on('SIGTERM', () => process.exit(0));
`;

let folder: string;
let entry: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'fleet-'));
  entry = join(folder, 'wants-port-alone.mjs');
  await writeFile(entry, WANTS_PORT_ALONE);
});
afterAll(() => rm(folder, { recursive: true }));

describe('Fleet', () => {
  it('keeps the port of its choice from everybody else until its processes have it', async () => {
    const logger = createLogger({ level: 'silent', fields: {} });
    const starting = Fleet.start({ count: 2, host: '127.0.0.1', port: 0, entry, environment: process.env, logger });
    await expect(starting).resolves.toBeInstanceOf(Fleet);
    await (await starting).stop();
  });
});
