import { type BrokerPart, PARTITION_COUNT, partitionOf } from '@outcry/broker';

/** All that is shared. */
export const EVERYTHING: BrokerPart = {
  shard: 'all',
  partitions: Array.from({ length: PARTITION_COUNT }, (_, partition) => partition),
};

/** The part with the room, or the symbol, of that name, and with as little else as there can be. */
export function partOf(name: string): BrokerPart {
  return { shard: 'one', partitions: [partitionOf(name)] };
}
