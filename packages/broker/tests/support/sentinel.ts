import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

import { leasePort } from '@outcry/testkit';

export interface TestSentinel extends AsyncDisposable {
  readonly url: string;
}

/** A Sentinel that watches nobody. It writes into its own configuration, so that is a file of its own. */
export async function startSentinel(): Promise<TestSentinel> {
  const directory = mkdtempSync(join(tmpdir(), 'outcry-sentinel-'));
  const lease = await leasePort();
  const { port } = lease;
  const file = join(directory, 'sentinel.conf');
  writeFileSync(file, `port ${String(port)}\nbind 127.0.0.1\n`);
  const child = spawn('redis-server', [file, '--sentinel'], { stdio: ['ignore', 'pipe', 'ignore'] });
  for await (const line of createInterface({ input: child.stdout })) if (line.includes('Sentinel ID is')) break;
  child.stdout.resume();
  return {
    url: `redis://127.0.0.1:${String(port)}`,
    async [Symbol.asyncDispose]() {
      const exited = once(child, 'exit');
      child.kill('SIGKILL');
      await exited;
      lease[Symbol.dispose]();
      rmSync(directory, { recursive: true });
    },
  };
}
