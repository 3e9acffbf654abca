import { kill } from 'node:process';

import {
  createCertificate,
  type GatewayProcess,
  type GatewaySettings,
  type RawClient,
  UNLIMITED,
} from '@outcry/testkit';
import { afterAll, beforeAll, describe, it } from 'vitest';

import { type Observed, ObservedCluster } from './support/observed-cluster.ts';
import { fillMemory, joinPit } from './support/slow-readers.ts';
import { expectExactly } from './support/watch-alerts.ts';

/** An hour of the rules in a quarter of a minute: for what they wait so long for. */
const SPEED = 240;
/** More than the rule's floor of a hundred for each gateway. */
const CLIENTS = 220;
const AT_ONCE = 20;
const MIB = 2 ** 20;
/** All come from one address, as one user. */
const UNCOUNTED: GatewaySettings = {
  ...UNLIMITED,
  maxConnectionsPerAddress: 0,
  maxConnectionsPerUser: 0,
  maxConnectsPerMinute: 0,
  maxHandshakesPerAddress: 0,
};
/** Fewer than what the rules for slow clients begin with. */
const GREEDY = 9;
/** What each of them may leave unread: with it, they hold more than a gateway should. */
const UNREAD = { softBufferBytes: 64 * MIB, hardBufferBytes: 256 * MIB } as const;
/** So that there are few of them. */
const LARGE = { maxFrameBytes: MIB / 4 } as const;
const LONG_MS = 100_000;

describe('what rules wait long for fires exactly its alerts', () => {
  let cluster: ObservedCluster;
  beforeAll(async () => {
    cluster = await ObservedCluster.start({ speed: SPEED, settings: { ...UNCOUNTED, ...LARGE } });
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

  it('a certificate has ten days left, until a gateway with a new one takes the place of its gateway', async () => {
    using old = createCertificate('ec', 10);
    using renewed = createCertificate('ec', 90);
    const gateways: Observed<GatewayProcess>[] = [];
    const begin = async ({ certFile, keyFile }: typeof old): Promise<void> => {
      gateways.push(await cluster.addGateway({ tlsCertFile: certFile, tlsKeyFile: keyFile }));
    };
    const endLast = async (): Promise<void> => {
      await gateways.pop()?.[Symbol.asyncDispose]();
    };
    await expectExactly(cluster, {
      alerts: ['OutcryCertificateEnds'],
      begin: () => begin(old),
      end: async () => {
        await endLast();
        await begin(renewed);
      },
    });
    await endLast();
  });

  it('a gateway is still there, with its clients, long after it was told to stop', async () => {
    const gateway = await cluster.addGateway({ ...UNCOUNTED, drainMs: 3_600_000, drainDelayMs: 600_000 });
    const clients = await comeTo(gateway.process, AT_ONCE);
    await expectExactly(cluster, {
      alerts: ['OutcryDrainStuck'],
      begin: () => kill(gateway.process.process.pid, 'SIGTERM'),
      end: async () => {
        // Discovery takes as long as ever, and a minute of the rules does not: a process that ends first would be one that is gone.
        await gateway.forget();
        await gateway.process.process.stop();
      },
    });
    for (const { socket } of clients) socket.destroy();
  });

  it('a few clients leave more unread than a gateway should hold', async () => {
    await using gateway = await cluster.addGateway({
      ...UNCOUNTED,
      ...UNREAD,
      ...LARGE,
      laggingTimeoutMs: LONG_MS,
      idleTimeoutMs: LONG_MS,
    });
    const clients = await comeTo(gateway.process, GREEDY);
    await joinPit(clients);
    await expectExactly(cluster, {
      alerts: ['OutcryMemory'],
      begin: async () => {
        for (const client of clients) client.pause();
        const publisher = await cluster.connect({ user: 'max' });
        await fillMemory(publisher, { gateway: gateway.process, slow: clients });
        publisher.socket.destroy();
      },
      end: () => {
        for (const { socket } of clients) socket.destroy();
      },
    });
  });

  async function comeTo(gateway: GatewayProcess, count: number): Promise<readonly RawClient[]> {
    return Promise.all(
      Array.from({ length: count }, (_, i) => cluster.connect({ gateway, user: `user-${String(i)}` })),
    );
  }
});
