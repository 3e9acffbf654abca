import type { PresenceHandler } from '@outcry/broker';
import type { Logger } from '@outcry/service';

import type { GatewayMetrics } from '../observability/metrics.ts';
import type { RoomDirectory } from '../rooms/room-directory.ts';

export interface PresenceHandlerParts {
  readonly rooms: RoomDirectory;
  readonly metrics: GatewayMetrics;
  readonly logger: Logger;
}

/** Who comes and goes is told in the rooms; what becomes of leases is counted and logged. */
export function createPresenceHandler({ rooms, metrics, logger }: PresenceHandlerParts): PresenceHandler {
  return {
    handleMember: (event) => {
      rooms.relayMember(event);
    },
    handleReaped: (entries) => {
      metrics.presenceLeasesReaped.inc();
      metrics.presenceEntriesReaped.inc(entries);
      logger.info({ entries }, 'members of a lost node removed');
    },
    handleRestored: (entries) => {
      metrics.presenceEntriesRestored.inc(entries);
      logger.warn({ entries }, 'presence lease lost, members written again');
    },
    handleFault: (err) => {
      metrics.presenceFaults.inc();
      logger.debug({ err }, 'presence not written, tried again');
    },
  };
}
