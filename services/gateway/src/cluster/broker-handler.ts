import type { BrokerHandler } from '@outcry/broker';
import type { Logger } from '@outcry/service';

import type { BookDirectory } from '../books/book-directory.ts';
import type { Readiness } from '../connections/readiness.ts';
import type { GatewayMetrics } from '../observability/metrics.ts';
import type { RoomDirectory } from '../rooms/room-directory.ts';

export interface BrokerHandlerParts {
  readonly rooms: RoomDirectory;
  readonly books: BookDirectory;
  readonly readiness: Readiness;
  readonly metrics: Pick<GatewayMetrics, 'brokerUp'>;
  readonly logger: Logger;
}

/** What comes from the broker goes to the rooms; its health goes to everybody whom it concerns. */
export function createBrokerHandler(parts: BrokerHandlerParts): BrokerHandler {
  const { rooms, books, readiness, metrics, logger } = parts;
  return {
    handleMessage: (message) => {
      rooms.relay(message);
    },
    handleSignal: (signal) => {
      rooms.relaySignal(signal);
    },
    handleReset: (room, position) => {
      rooms.reset(room, position);
    },
    handleStatus: (status) => {
      logger[status === 'up' ? 'info' : 'warn']({ status }, 'broker status');
      metrics.brokerUp.set(status === 'up' ? 1 : 0);
      readiness.showStatus(status);
      rooms.showStatus(status);
      books.showStatus(status);
    },
  };
}
