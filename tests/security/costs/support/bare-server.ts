import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

import { GATEWAY_RUNTIME, leasePort, type PortLease } from '@outcry/testkit';

const ENTRY = fileURLToPath(new URL('bare-server-process.ts', import.meta.url));

/** A uWebSockets.js of its own that refuses whatever is published: the peer of what a gateway refuses. */
export class BareServer implements AsyncDisposable {
  readonly url: string;
  readonly #process: ChildProcess;
  readonly #lease: PortLease;

  private constructor(process: ChildProcess, lease: PortLease) {
    this.#process = process;
    this.#lease = lease;
    this.url = `ws://127.0.0.1:${String(lease.port)}/ws`;
  }

  static async start(): Promise<BareServer> {
    const lease = await leasePort();
    const { nodeArgs, env } = GATEWAY_RUNTIME;
    const child = fork(ENTRY, [String(lease.port)], { execArgv: [...nodeArgs], env: { ...process.env, ...env } });
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => {
        throw new Error('the bare server did not start');
      }),
    ]);
    return new BareServer(child, lease);
  }

  get pid(): number {
    const { pid } = this.#process;
    if (pid === undefined) throw new Error('the bare server does not run');
    return pid;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const ended = once(this.#process, 'exit');
    this.#process.kill();
    await ended;
    this.#lease[Symbol.dispose]();
  }
}
