import type { RedisNodes } from '@outcry/testkit';
import { uniquePrefix } from '@outcry/testkit';
import slotOf from 'cluster-key-slot';
import { type Backplane, createRedisBackplane, type RedisBackplaneOptions } from '../../src/index.ts';
import { PARTITION_TAGS, partitionOf, partitionTagOf } from '../../src/partition.ts';
import { Recorder } from './recorder.ts';

export interface ClusterNode {
  readonly backplane: Backplane;
  readonly recorder: Recorder;
  readonly repairs: number[];
  readonly faults: string[];
}

/** Nodes of ours over one Redis Cluster, under a prefix that is theirs alone. */
export class ClusterNodes implements AsyncDisposable {
  readonly prefix = uniquePrefix();
  readonly #redis: RedisNodes;
  readonly #started: ClusterNode[] = [];

  constructor(redis: RedisNodes) {
    this.#redis = redis;
  }

  async start(options: Partial<RedisBackplaneOptions> = {}): Promise<ClusterNode> {
    const [repairs, faults]: [number[], string[]] = [[], []];
    const recorder = new Recorder();
    const backplane = createRedisBackplane({
      url: this.#redis.url,
      prefix: this.prefix,
      presenceLease: { leaseMs: 1500, renewMs: 300 },
      events: {
        onFault: (fault) => faults.push(fault.message),
        onGapRepaired: (_, messages) => repairs.push(messages),
      },
      ...options,
    });
    const node = { backplane, recorder, repairs, faults };
    this.#started.push(node);
    await backplane.start(recorder);
    return node;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#started.map(({ backplane }) => backplane.close()));
  }
}

/** The slot in which everything is that belongs to a room. */
export function slotOfRoom(room: string): number {
  return slotOf(partitionTagOf(room));
}

/** One name in each of the 64 partitions, in their order. */
export function roomOfEachPartition(): readonly string[] {
  const rooms = new Map<number, string>();
  for (let i = 0; rooms.size < PARTITION_TAGS.length; i += 1) {
    const room = `room-${String(i)}`;
    if (!rooms.has(partitionOf(room))) rooms.set(partitionOf(room), room);
  }
  return [...rooms].sort(([one], [other]) => one - other).map(([, room]) => room);
}

/** Names that lie in the same partition as another, which is not among them. */
export function neighboursOf(room: string, count: number): readonly string[] {
  const names: string[] = [];
  for (let i = 0; names.length < count; i += 1) {
    const name = `neighbour-${String(i)}`;
    if (partitionOf(name) === partitionOf(room)) names.push(name);
  }
  return names;
}
