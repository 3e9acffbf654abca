import type { KeySpace } from '../redis/keys.ts';
import type { Router } from '../redis/router.ts';
import { nodeNames } from './keys.ts';
import type { NodeEntry, NodeRoster } from './node-roster.ts';
import { LEAVE } from './scripts/leave.lua.ts';
import { ATTEND_NODE, LIST_NODES, MISSING_NODES } from './scripts/node-roster.lua.ts';

/** The gateways as a sorted set, by Redis's clock. */
export class RedisNodeRoster implements NodeRoster {
  readonly #redis: Router;
  readonly #keys: readonly [nodes: string, reports: string];

  constructor({ redis, keys }: { readonly redis: Router; readonly keys: KeySpace }) {
    this.#redis = redis;
    const { present, reports } = nodeNames(keys);
    this.#keys = [present, reports];
  }

  async attend({ id, report }: NodeEntry, leaseMs: number): Promise<boolean> {
    return (await this.#redis.runScript(ATTEND_NODE, this.#keys, [id, report, leaseMs])) === 1;
  }

  async leave(id: string): Promise<void> {
    await this.#redis.runScript(LEAVE, this.#keys, [id]);
  }

  async missing(ids: readonly string[]): Promise<readonly string[]> {
    if (ids.length === 0) return [];
    const [present] = this.#keys;
    return ((await this.#redis.runScript(MISSING_NODES, [present], ids)) as Buffer[]).map(String);
  }

  async list(): Promise<readonly NodeEntry[]> {
    return toEntries((await this.#redis.runScript(LIST_NODES, this.#keys, [])) as Buffer[]);
  }
}

function toEntries(fields: readonly Buffer[]): readonly NodeEntry[] {
  const entries: NodeEntry[] = [];
  for (let i = 0; i < fields.length; i += 2) entries.push({ id: String(fields[i]), report: String(fields[i + 1]) });
  return entries;
}
