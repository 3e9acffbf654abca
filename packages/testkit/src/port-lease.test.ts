import { execFile } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { promisify } from 'node:util';

import { describe, expect, it } from 'vitest';

import { leasePort, type PortRange } from './port-lease.ts';

const MODULE = new URL('port-lease.ts', import.meta.url).href;

/** Three free ports, below those of which other tests lease theirs meanwhile. */
async function findRange(): Promise<PortRange> {
  for (;;) {
    const first = randomInt(10_000, 14_990);
    const range = { first, last: first + 2 };
    const leases = await Promise.allSettled([1, 2, 3].map(() => leasePort(range)));
    for (const lease of leases) if (lease.status === 'fulfilled') lease.value[Symbol.dispose]();
    if (leases.every(({ status }) => status === 'fulfilled')) return range;
  }
}

/** Tries in another process. */
async function leaseElsewhere(range: PortRange): Promise<string> {
  const program = `const { leasePort } = await import(${JSON.stringify(MODULE)});
    process.stdout.write(await leasePort(${JSON.stringify(range)}).then(() => 'leased', String));`;
  const { stdout } = await promisify(execFile)(process.execPath, ['--input-type=module', '--eval', program]);
  return stdout;
}

describe('a leased port', () => {
  it('is given to one, in whatever process, until it is let go of', async () => {
    const range = await findRange();
    const leases = await Promise.all([1, 2, 3].map(() => leasePort(range)));
    expect(new Set(leases.map(({ port }) => port)).size).toBe(3);
    await expect(leasePort(range)).rejects.toThrow(`no port from ${String(range.first)}`);
    expect(await leaseElsewhere(range)).toMatch(/no port from/);
    const [released, ...others] = leases;
    released?.[Symbol.dispose]();
    expect(await leaseElsewhere(range)).toBe('leased');
    using again = await leasePort(range);
    expect(again.port).toBe(released?.port);
    for (const lease of others) lease[Symbol.dispose]();
  });

  it('is none on which somebody listens', async () => {
    const range = await findRange();
    const server = createServer().listen(range.first + 1, '127.0.0.1');
    await once(server, 'listening');
    using one = await leasePort(range);
    using other = await leasePort(range);
    expect([one.port, other.port].sort()).toEqual([range.first, range.last]);
    await expect(leasePort(range)).rejects.toThrow('no port from');
    server.close();
  });
});
