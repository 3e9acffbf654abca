import type { RawClient } from '@outcry/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';

import { ObservedCluster } from './support/observed-cluster.ts';
import { expectExactly } from './support/watch-alerts.ts';

/** A minute of the rules in a second: for what they wait for half an hour. */
const SPEED = 60;
/** More than the rule's floor of a hundred for each gateway. */
const CLIENTS = 220;
const AT_ONCE = 20;
/** All come from one address, as one user. */
const UNCOUNTED = {
  maxConnectionsPerAddress: 0,
  maxConnectionsPerUser: 0,
  maxConnectsPerMinute: 0,
  maxHandshakesPerAddress: 0,
};

describe('what rules wait long for fires exactly its alerts', () => {
  let cluster: ObservedCluster;
  beforeAll(async () => {
    cluster = await ObservedCluster.start({ speed: SPEED, settings: UNCOUNTED });
  });
  afterAll(() => cluster[Symbol.asyncDispose]());

  it('all clients are on one of two gateways', async () => {
    const clients: RawClient[] = [];
    await expectExactly(cluster, {
      alerts: ['OutcryUnbalanced'],
      begin: async () => {
        while (clients.length < CLIENTS) {
          clients.push(...(await Promise.all(Array.from({ length: AT_ONCE }, () => cluster.connect()))));
        }
      },
      end: () => {
        for (const { socket } of clients) socket.destroy();
      },
    });
  });
});
