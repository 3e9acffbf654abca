import { hash } from 'node:crypto';

/**
 * Who is to read each partition: the service that ranks highest for it (rendezvous hashing), as long as that has no more than its
 * share. All who see the same services come to the same answer, and when one comes or goes most partitions stay where they are.
 */
export function assignPartitions(
  partitions: readonly string[],
  services: readonly string[],
): ReadonlyMap<string, string> {
  const load = new Map(services.map((service) => [service, 0]));
  const share = Math.ceil(partitions.length / services.length);
  const assignment = new Map<string, string>();
  for (const partition of partitions) {
    const [chosen] = [...load]
      .filter(([, count]) => count < share)
      .map(([service, count]) => ({ service, count, rank: hash('sha1', `${service} ${partition}`) }))
      .sort((a, b) => (a.rank < b.rank ? -1 : 1));
    if (chosen === undefined) continue;
    load.set(chosen.service, chosen.count + 1);
    assignment.set(partition, chosen.service);
  }
  return assignment;
}
