import type { NodeRoster } from '@outcry/broker';

import { decodeNodeReport } from './node-report.ts';

/** What a gateway that does not say it is taken to take: one of an earlier version. */
const ASSUMED_PER_SECOND = 100;

/**
 * Clients a second that the gateways but this one can take, all of them together, by what they said last; 0 where no other is ready.
 *
 * @throws OutcryError `unavailable`
 */
export async function readOthersTake(nodes: Pick<NodeRoster, 'list'>, ownId: string): Promise<number> {
  let perSecond = 0;
  for (const { id, report } of await nodes.list()) {
    const other = id === ownId ? undefined : decodeNodeReport(report);
    if (other?.isReady === true) perSecond += other.takesPerSecond ?? ASSUMED_PER_SECOND;
  }
  return perSecond;
}
