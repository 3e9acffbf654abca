import type { BrokerHandler } from '@outcry/broker';

import type { SessionServices } from '../session/session-services.ts';
import type { Reception } from '../reception/reception.ts';

/** What comes from the broker goes to the rooms; its health goes to everybody whom it concerns. */
export function createBrokerHandler(
  { rooms, books, metrics, logger }: SessionServices,
  reception: Reception,
): BrokerHandler {
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
      reception.showStatus(status);
      rooms.showStatus(status);
      books.showStatus(status);
    },
  };
}
