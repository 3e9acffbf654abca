import { type Backplane, createRedisBackplane } from '@outcry/broker';
import { BackplaneLog, type Logger, RedisStatus, startInternalServer } from '@outcry/service';

import type { EventsConfig } from './config/config.ts';
import { Delivery } from './delivery/delivery.ts';
import { EventsMetrics } from './observability/events-metrics.ts';
import { Sender } from './sending/sender.ts';

export interface EventsService {
  readonly internalPort: number;
  /** Ends what is under way and hands over, then lets go of everything. */
  stop(): Promise<void>;
}

/** What is heard from the broker, for whoever has to know that it was away. */
class DoubtfulStatus extends RedisStatus {
  readonly #onDown: () => void;

  constructor(backplane: Pick<Backplane, 'awaits'>, onDown: () => void) {
    super(backplane);
    this.#onDown = onDown;
  }

  override handleStatus(...[status, part]: Parameters<RedisStatus['handleStatus']>): void {
    super.handleStatus(status, part);
    if (status === 'down') this.#onDown();
  }
}

/**
 * Who comes to a cluster and who goes, told to a server of the operator's.
 *
 * @throws OutcryError in a line for the operator where it cannot start; nothing is left running then
 */
export async function startService(config: EventsConfig, logger: Logger): Promise<EventsService> {
  const backplane = createRedisBackplane({ ...config.redis, events: new BackplaneLog(logger) });
  const redis = new DoubtfulStatus(backplane, () => {
    sender.doubt();
  });
  const isServerUp = (): boolean => sender.isServerUp;
  const metrics: EventsMetrics = new EventsMetrics({ isBrokerUp: () => redis.isUp, isServerUp });
  const { lease, events: journal } = backplane;
  const delivery = new Delivery(config.delivery);
  const sender: Sender = new Sender({ ...config, journal, lease, delivery, metrics, logger });
  const undo: (() => Promise<void>)[] = [];
  const stop = async (): Promise<void> => {
    for (const step of undo.splice(0).reverse()) await step();
  };
  try {
    // First, so that a start which waits for Redis is seen to live.
    const server = await startInternalServer(config.internal, {
      service: 'events',
      checks: () => [...redis.checks, sender.check],
      exposeMetrics: () => metrics.expose(),
    });
    undo.push(() => server.close());
    undo.push(() => backplane.close());
    await backplane.start(redis);
    undo.push(() => sender.stop());
    await sender.start();
    return { internalPort: server.port, stop };
  } catch (err) {
    await stop();
    throw err;
  }
}
