import { UNLIMITED } from '@outcry/testkit';

import { BareServer } from '../support/bare-server.ts';
import { quantile } from '../support/bystander.ts';
import type { Cost, CostSite, Deed } from '../support/cost.ts';
import { type LoadData, type LoadOutcome, offerLoad } from '../support/offered-load.ts';

const CONNECTIONS = 40;
const WARM_UP_MS = 4000;
const COUNTED_MS = 6000;
/** Open at once of each connection when the peak is looked for: enough that nobody waits for the one who asks. */
const OPEN_PER_CONNECTION = 12;
const BYTES = 70;
/** Beyond what one connection may do, so that the gateway's own limit is what is met. */
const SETTINGS = UNLIMITED;

/** What a gateway does that is asked for more than it can do. */
export const OVERLOAD_COSTS: readonly Cost[] = [
  {
    name: 'twice as many publishes are offered to a gateway as it can do',
    before: '4,600 a second of 10,000 go through, and the gateway calls its broker "down"',
    settings: SETTINGS,
    unmet: {
      goodput:
        'each refusal is an answer of its own, and an answer costs the transport a fifth of what a whole publish costs',
    },
    run: overload,
  },
];

async function overload({ gateway }: CostSite): Promise<Deed> {
  const common = { connections: CONNECTIONS, warmUpMs: WARM_UP_MS, countedMs: COUNTED_MS };
  const load = { ...common, url: gateway.url, pid: gateway.process.pid };
  const peak = await offerLoad({ ...load, pace: { openPerConnection: OPEN_PER_CONNECTION } });
  const twice = await offerLoad({ ...load, pace: { perSecond: peak.acknowledgedPerSecond * 2 } });
  const bare = await offerToBareServer({ ...common, pace: { perSecond: twice.offeredPerSecond } });
  const downs = gateway.process.log.filter(({ msg, status }) => msg === 'broker status' && status !== 'up').length;
  const requests = Math.round((peak.offeredPerSecond + twice.offeredPerSecond) * ((WARM_UP_MS + COUNTED_MS) / 1000));
  const shown = (perSecond: number): string => Math.round(perSecond).toLocaleString('en');
  const remarks =
    `a second: peak ${shown(peak.acknowledgedPerSecond)}; offered ${shown(twice.offeredPerSecond)}, acknowledged ` +
    `${shown(twice.acknowledgedPerSecond)}, refused ${shown(twice.refusedPerSecond)}, with a hint ${shown(twice.hintedPerSecond)}; ` +
    `a refusal ${(refusalMs(twice, peak) * 1000).toFixed(1)} µs, an answer of a bare uWebSockets.js ${(bare * 1000).toFixed(1)} µs, a publish ${(1000 / perProcessorMs(peak)).toFixed(1)} µs; ` +
    `of a second's processor the gateway had ${shown(peak.gatewayMsPerSecond)} and ${shown(twice.gatewayMsPerSecond)} ms; ` +
    `p99 to an acknowledgement ${quantile(peak.waitsMs, 0.99).toFixed(0)} ms at the peak, ${quantile(twice.waitsMs, 0.99).toFixed(0)} ms at twice the load`;
  if (downs > 0) throw new Error(`the broker was called down ${String(downs)} times; ${remarks}`);
  if (twice.hintedPerSecond < twice.refusedPerSecond) throw new Error(`refusals without a hint; ${remarks}`);
  return {
    requests,
    connections: 2 * CONNECTIONS,
    sentBytes: requests * BYTES,
    receivedBytes: requests * BYTES,
    // By the gateway's processor time: who offers twice as much takes it from the same processors.
    goodput: perProcessorMs(twice) / perProcessorMs(peak),
    refusal: refusalMs(twice, peak) / bare,
    remarks,
  };
}

function perProcessorMs({ acknowledgedPerSecond, gatewayMsPerSecond }: LoadOutcome): number {
  return acknowledgedPerSecond / gatewayMsPerSecond;
}

/** Processor time of the gateway for each refusal: what is left when what was acknowledged has had what it has at the peak. */
function refusalMs(
  { gatewayMsPerSecond, acknowledgedPerSecond, refusedPerSecond }: LoadOutcome,
  peak: LoadOutcome,
): number {
  return (gatewayMsPerSecond - acknowledgedPerSecond / perProcessorMs(peak)) / refusedPerSecond;
}

/** Processor time of a server that does nothing but refuse, for each frame. */
async function offerToBareServer(load: Omit<LoadData, 'url' | 'pid'>): Promise<number> {
  await using bare = await BareServer.start();
  const { gatewayMsPerSecond, refusedPerSecond } = await offerLoad({ ...load, url: bare.url, pid: bare.pid });
  return gatewayMsPerSecond / refusedPerSecond;
}
