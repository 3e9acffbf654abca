import { oneClusterStep } from '@outcry/worker';

/** A database is the archive of one cluster: of which, it says itself. Shipped: one-cluster.test.ts. */
export const ONE_CLUSTER = oneClusterStep({
  prefix: 'archive',
  services: 'archive_services',
  partitions: 'archive_partitions',
  attend: 'archive_attend',
  words: {
    verb: 'archive',
    role: 'archive',
    done: 'archived',
    inUse: 'services archive into this database: stop them first',
  },
});
