import { UNLIMITED } from '@outcry/testkit';

import { quantile } from '../support/bystander.ts';
import type { Cost, CostSite, Deed } from '../support/cost.ts';
import { type LoadOutcome, offerLoad } from '../support/offered-load.ts';

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
    run: overload,
  },
];

async function overload({ gateway }: CostSite): Promise<Deed> {
  const load = {
    url: gateway.url,
    pid: gateway.process.pid,
    connections: CONNECTIONS,
    warmUpMs: WARM_UP_MS,
    countedMs: COUNTED_MS,
  };
  const peak = await offerLoad({ ...load, pace: { openPerConnection: OPEN_PER_CONNECTION } });
  const twice = await offerLoad({ ...load, pace: { perSecond: peak.acknowledgedPerSecond * 2 } });
  const downs = gateway.process.log.filter(({ msg, status }) => msg === 'broker status' && status !== 'up').length;
  const requests = Math.round((peak.offeredPerSecond + twice.offeredPerSecond) * ((WARM_UP_MS + COUNTED_MS) / 1000));
  const shown = (perSecond: number): string => Math.round(perSecond).toLocaleString('en');
  const remarks =
    `a second: peak ${shown(peak.acknowledgedPerSecond)}; offered ${shown(twice.offeredPerSecond)}, acknowledged ` +
    `${shown(twice.acknowledgedPerSecond)}, refused ${shown(twice.refusedPerSecond)}, with a hint ${shown(twice.hintedPerSecond)}; ` +
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
    remarks,
  };
}

function perProcessorMs({ acknowledgedPerSecond, gatewayMsPerSecond }: LoadOutcome): number {
  return acknowledgedPerSecond / gatewayMsPerSecond;
}
