import { setTimeout as delay } from 'node:timers/promises';

import { closeCode, type GatewayProcess, RawClient, UNLIMITED } from '@outcry/testkit';

import { metricOf } from '../../../metrics.ts';
import type { Cost, CostSite, Deed } from '../support/cost.ts';

type Socket = RawClient['socket'];

const SLOW_MEMBERS = 30;
const ROOM = 'market';
const MESSAGE = 'x'.repeat(15_000);
/** Messages at once: more than fits what a client may leave unread, before anybody has looked. */
const BATCH = 400;
const CLOSED_AS_SLOW = `outcry_gateway_closes_total{code="${String(closeCode('slowConsumer').code)}"}`;
/** Until the last of them is sent away. */
const DEADLINE_MS = 120_000;
/** Within which what waited for a client is dropped that is sent away. */
const DROP_MS = 2000;
/** Who is held back in time is sent away soon, too. */
const SETTINGS = { ...UNLIMITED, laggingTimeoutMs: 3000 };

/** What is left of a connection that is closed. */
export const CLOSING_COSTS: readonly Cost[] = [
  {
    name: `${String(SLOW_MEMBERS)} members that read nothing are sent away as slow`,
    before: '140 MB that no limit counts for 20 s after their close',
    settings: SETTINGS,
    run: runSlowMembers,
  },
];

async function runSlowMembers({ gateway }: CostSite): Promise<Deed> {
  const sockets: Socket[] = [];
  const published = await sendAway(gateway, sockets);
  return {
    requests: published,
    connections: SLOW_MEMBERS,
    sentBytes: published * MESSAGE.length,
    receivedBytes: 0,
    remarks:
      'they stay, and still read nothing, while memory is looked at; what is left is what a second time leaves more',
    again: () => sendAway(gateway, sockets),
    release: () => {
      for (const socket of sockets) socket.destroy();
    },
  };
}

/** Resolves with how much was published, when all have been sent away and what waited for them has had its time. */
async function sendAway(gateway: GatewayProcess, sockets: Socket[]): Promise<number> {
  const { url } = gateway;
  const before = await metricOf(gateway, CLOSED_AS_SLOW);
  const join = async (options: { readonly echo: boolean }): Promise<RawClient> => {
    const client = await RawClient.connect({ url, encoding: 'json' });
    sockets.push(client.socket);
    await client.expectAnswer('joined', { type: 'join', room: ROOM, history: 0, ...options });
    return client;
  };
  await Promise.all(
    Array.from({ length: SLOW_MEMBERS }, async () => {
      const member = await join({ echo: true });
      member.socket.pause();
    }),
  );
  const publisher = await join({ echo: false });
  let published = 0;
  const deadline = performance.now() + DEADLINE_MS;
  while ((await metricOf(gateway, CLOSED_AS_SLOW)) < before + SLOW_MEMBERS) {
    if (performance.now() > deadline) throw new Error('not all of them have been sent away');
    publisher.sendAtOnce(Array.from({ length: BATCH }, () => ({ type: 'publish', room: ROOM, data: MESSAGE })));
    // Whatever the answer is: it only has to be there before the next batch goes.
    await publisher.request({ type: 'publish', room: ROOM, data: MESSAGE });
    published += BATCH + 1;
  }
  await delay(DROP_MS);
  return published;
}
