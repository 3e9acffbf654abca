import { archiveLease, type LeaseGrant, OutcryError } from '@outcry/broker';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { createTestGateway, type TestGateway } from '../../testing/create-services.ts';
import type { ApiCommand } from '../api-command.ts';
import type { ApiParts } from '../api-parts.ts';
import { books } from './books.ts';
import { archive } from './parts.ts';

const LEASE_MS = 60_000;
const BEARER = { name: 'watcher', mayAct: false };

describe('who has a lease', () => {
  let gateway: TestGateway;
  beforeEach(async () => {
    gateway = await createTestGateway();
    const instruments = ['BTC', 'ETH', 'LTC'].map((symbol) => ({ symbol, priceScale: 2, sizeScale: 2 }));
    await gateway.backplane.feedBus.announce(instruments);
  });
  afterEach(() => gateway.stop());

  async function take(name: string): Promise<LeaseGrant> {
    const grant = await gateway.backplane.lease.acquire(name, LEASE_MS);
    if (!('fence' in grant)) throw new Error('it is held');
    return grant;
  }

  /** As it is answered: its result has the form that the document says. */
  async function ask(command: ApiCommand, given: Partial<ApiParts> = {}): Promise<unknown> {
    const { services, backplane } = gateway;
    const { logger, answering: own } = services;
    const parts = { ...backplane, own, leases: backplane.lease, logger, ...given } as unknown as ApiParts;
    const answer = await command.execute({ name: 'asked', parts, bearer: BEARER }, {}, []);
    return command.result.parse(answer);
  }

  it('leads a book: by what it says of itself, and nobody where nobody does', async () => {
    await gateway.backplane.lease.renew(await take('BTC'), { by: 'host-a/7', since: 1_790_000_000_000 });
    await take('ETH');
    expect(await ask(books)).toMatchObject({
      books: [
        { symbol: 'BTC', led: true, leader: { by: 'host-a/7', since: 1_790_000_000_000 } },
        { symbol: 'ETH', led: true, leader: {} },
        { symbol: 'LTC', led: false },
      ],
    });
  });

  it('archives a part, and says how far behind it is', async () => {
    const figures = { waiting: 3, lagMs: 40.4, stored: 7, gaps: 1, other: 5, worse: -1 };
    await gateway.backplane.lease.renew(await take(archiveLease('3')), { by: 'host-b/9', since: 1, figures });
    const { parts } = (await ask(archive)) as { readonly parts: readonly unknown[] };
    expect(parts).toHaveLength(16);
    expect(parts[3]).toEqual({
      ...{ part: '3', archived: true },
      archiver: { by: 'host-b/9', since: 1, waiting: 3, lagMs: 40, stored: 7, gaps: 1 },
    });
    expect(parts[4]).toEqual({ part: '4', archived: false });
  });

  it('is nobody where the process has the archive to itself', async () => {
    const answer = await ask(archive, { archivesItself: true });
    expect(answer).toMatchObject({ itself: true });
    expect(answer).not.toHaveProperty('parts');
  });

  it('cannot be told where Redis lets nobody look, and all the rest can', async () => {
    const leases = { find: () => Promise.reject(new OutcryError('unavailable', 'NOPERM')) };
    const { books: all } = (await ask(books, { leases })) as { readonly books: readonly object[] };
    expect(all).toHaveLength(3);
    for (const book of all) expect(book).not.toHaveProperty('led');
    expect(await ask(archive, { leases })).not.toHaveProperty('parts');
  });
});
