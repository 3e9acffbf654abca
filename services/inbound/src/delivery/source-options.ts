import type { Broker, ClusterIdentities, Lease, Retention } from '@outcry/broker';
import type { Logger } from '@outcry/service';
import type { LeaseTimes } from '@outcry/worker';

import type { SourceMetrics } from '../observability/inbound-metrics.ts';
import { Delivery, type DeliveryOptions } from './delivery.ts';

/** What every source is given. */
export interface SourceOptions<Config> {
  readonly config: Config;
  readonly broker: Pick<Broker, 'publish'>;
  readonly retention: { of(room: string): Retention };
  readonly maxDataBytes: number;
  readonly tracing: DeliveryOptions['tracing'];
  readonly metrics: SourceMetrics;
  readonly logger: Logger;
}

/** What those are given besides whose partitions are divided by leases. */
export interface LeasedSourceOptions<Config> extends SourceOptions<Config> {
  readonly lease: Lease;
  readonly identities: ClusterIdentities;
  readonly times: LeaseTimes;
}

/** @param sender As in `DeliveryOptions`. */
export function deliveryOf(
  { broker, retention, maxDataBytes, tracing, metrics }: Omit<SourceOptions<unknown>, 'config' | 'logger'>,
  sender: string,
): Delivery {
  return new Delivery({ broker, retention, maxDataBytes, sender, tracing, metrics });
}
