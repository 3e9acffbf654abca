import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { RedisProcess } from '@outcry/testkit';
import { expect, it, onTestFinished, vi } from 'vitest';

const SCRIPT = fileURLToPath(new URL('../../../../deploy/redis/start-cluster.sh', import.meta.url));
const A_MINUTE_MS = 60_000;
const run = promisify(execFile);

it('deploy/redis/start-cluster.sh makes a cluster of what is named, and leaves it alone the next time', async () => {
  const servers = await Promise.all(
    Array.from({ length: 6 }, async () => {
      const directory = mkdtempSync(join(tmpdir(), 'outcry-cluster-'));
      const server = await RedisProcess.startClusterNode(['--dir', directory]);
      onTestFinished(async () => {
        await server[Symbol.asyncDispose]();
        rmSync(directory, { recursive: true });
      });
      return server;
    }),
  );
  const names = servers.map(({ port }) => `127.0.0.1:${String(port)}`);
  await run('sh', [SCRIPT, ...names]);
  await run('sh', [SCRIPT, ...names]);
  // Who is whose replica goes round among them by itself.
  await vi.waitFor(async () => {
    const { stdout } = await run('redis-cli', ['-p', String(servers[0]?.port), 'cluster', 'nodes']);
    expect(stdout.match(/ slave /g)).toHaveLength(3);
    expect(stdout.match(/ (myself,)?master .* connected \d+-\d+/g)).toHaveLength(3);
  }, A_MINUTE_MS);
});
