import { randomInt } from 'node:crypto';
import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { createServer } from 'node:net';

const HOST = '127.0.0.1';

export interface PortRange {
  readonly first: number;
  readonly last: number;
}

/** Below those that systems give out by themselves (Linux: from 32768): whoever asks for any free port, or connects, gets none of these. */
const LEASED: PortRange = { first: 15_000, last: 31_999 };

/** A TCP port that is nobody else's, whether somebody listens on it just now or not. */
export interface PortLease extends Disposable {
  readonly port: number;
}

/**
 * Leases a loopback port to what must keep its port while it is down, or be told it before it starts. A port that is found
 * free and let go of may be another's by then, so this one stays locked, against every other process as well, until it is
 * disposed of or the process ends.
 *
 * @throws Error where no port of the range can be had
 */
export async function leasePort({ first, last }: PortRange = LEASED): Promise<PortLease> {
  const count = last - first + 1;
  const start = randomInt(count);
  for (let i = 0; i < count; i++) {
    const port = first + ((start + i) % count);
    const lock = await lockPort(port);
    if (lock === undefined) continue;
    if (await isFree(port)) return { port, [Symbol.dispose]: () => void lock.close() };
    lock.close();
  }
  throw new Error(`no port from ${String(first)} to ${String(last)} is free`);
}

/** The UDP port of the same number: nobody else wants it, one process alone can have it, and it goes with its process. */
async function lockPort(port: number): Promise<Socket | undefined> {
  const lock = createSocket('udp4').unref();
  try {
    lock.bind({ port, address: HOST, exclusive: true });
    await once(lock, 'listening');
    return lock;
  } catch {
    lock.close();
    return undefined;
  }
}

async function isFree(port: number): Promise<boolean> {
  const server = createServer();
  try {
    server.listen({ port, host: HOST, exclusive: true });
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}
