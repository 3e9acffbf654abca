import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { type AddressInfo, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';

export interface TestSentinel extends AsyncDisposable {
  readonly url: string;
}

/** A Sentinel that watches nobody. It writes into its own configuration, so that is a file of its own. */
export async function startSentinel(): Promise<TestSentinel> {
  const directory = mkdtempSync(join(tmpdir(), 'outcry-sentinel-'));
  const port = await findFreePort();
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
      rmSync(directory, { recursive: true });
    },
  };
}

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
