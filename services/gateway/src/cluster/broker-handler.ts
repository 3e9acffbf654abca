import type { BrokerHandler } from '@outcry/broker';
import { type Logger, ShardHealth } from '@outcry/service';

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
  const health = new ShardHealth({
    show: (shard, value) => {
      metrics.brokerUp.labels(shard).set(value);
    },
    forget: (shard) => {
      metrics.brokerUp.remove(shard);
    },
  });
  return {
    handleMessage: (message) => {
      rooms.relay(message);
    },
    handleSignal: (signal) => {
      rooms.relaySignal(signal);
    },
    handleReset: (room, position, isWhole) => {
      rooms.reset(room, position, isWhole);
    },
    handleStatus: (status, part) => {
      const { shard, partitions } = part;
      logger[status === 'up' ? 'info' : 'warn']({ status, shard, partitions: partitions.length }, 'broker status');
      health.show(status, part);
      readiness.showStatus(status, part);
      rooms.showStatus(status, part);
      books.showStatus(status, part);
    },
  };
}
