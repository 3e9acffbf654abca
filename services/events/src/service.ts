import type { Work, WorkerParts } from '@outcry/worker';

import type { EventsConfig } from './config/config.ts';
import { Delivery } from './delivery/delivery.ts';
import { EventsMetrics } from './observability/events-metrics.ts';
import { Sender } from './sending/sender.ts';

/** Who comes to a cluster and who goes, told to a server of the operator's. */
export function composeEvents(config: EventsConfig, { backplane, redis, logger }: WorkerParts): Work {
  const { lease, events: journal } = backplane;
  const isServerUp = (): boolean => sender.isServerUp;
  const metrics: EventsMetrics = new EventsMetrics({ isBrokerUp: () => redis.isUp, isServerUp });
  const delivery = new Delivery(config.delivery);
  const sender: Sender = new Sender({ ...config, journal, lease, delivery, metrics, logger });
  return {
    status: { checks: () => [sender.check], exposeMetrics: () => metrics.expose() },
    handleDown: () => {
      sender.doubt();
    },
    start: () => sender.start(),
    stop: () => sender.stop(),
  };
}
