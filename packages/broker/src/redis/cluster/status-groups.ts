import type { BrokerPart, BrokerStatus } from '../../status.ts';

interface Group {
  readonly status: BrokerStatus;
  readonly shard: string;
  readonly partitions: number[];
}

/** Tells the statuses of partitions that change in one turn of the loop together: whoever is told looks at all its rooms each time. */
export class StatusGroups {
  readonly #tell: (status: BrokerStatus, part: BrokerPart) => void;
  readonly #groups = new Map<string, Group>();
  readonly #waiting = new Set<number>();
  #immediate: NodeJS.Immediate | undefined;

  constructor(tell: (status: BrokerStatus, part: BrokerPart) => void) {
    this.#tell = tell;
  }

  add(status: BrokerStatus, shard: string, partition: number): void {
    // What becomes of one partition is told in its order.
    if (this.#waiting.has(partition)) this.flush();
    this.#waiting.add(partition);
    const key = `${status} ${shard}`;
    const group = this.#groups.get(key) ?? { status, shard, partitions: [] };
    group.partitions.push(partition);
    this.#groups.set(key, group);
    this.#immediate ??= setImmediate(() => {
      this.flush();
    });
  }

  /** Tells at once what waits. */
  flush(): void {
    clearImmediate(this.#immediate);
    this.#immediate = undefined;
    const groups = [...this.#groups.values()];
    this.#groups.clear();
    this.#waiting.clear();
    for (const { status, shard, partitions } of groups) this.#tell(status, { shard, partitions });
  }
}
