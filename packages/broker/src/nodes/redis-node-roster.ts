import type { Attendance, NodeEntry, NodeRoster } from './node-roster.ts';
import type { KeySpace } from '../redis/keys.ts';
import type { RedisConnection } from '../redis/connection.ts';

/** The gateways as a sorted set, by Redis's clock. */
export class RedisNodeRoster implements NodeRoster {
  readonly #commands: RedisConnection;
  readonly #keys: readonly [nodes: string, reports: string];

  constructor({ commands, keys }: { readonly commands: RedisConnection; readonly keys: KeySpace }) {
    this.#commands = commands;
    this.#keys = [keys.nodes.present, keys.nodes.reports];
  }

  async attend({ id, report }: NodeEntry, leaseMs: number): Promise<Attendance> {
    const reply = await this.#commands.runScript('attendNode', this.#keys, [id, report, leaseMs]);
    const [wasPresent, present] = reply as [number, Buffer[]];
    return { wasPresent: wasPresent === 1, nodes: toEntries(present) };
  }

  async leave(id: string): Promise<void> {
    // The same two structures as those of the publishers' roster.
    await this.#commands.runScript('leave', this.#keys, [id]);
  }

  async list(): Promise<readonly NodeEntry[]> {
    return toEntries((await this.#commands.runScript('listNodes', this.#keys, [])) as Buffer[]);
  }
}

function toEntries(fields: readonly Buffer[]): readonly NodeEntry[] {
  const entries: NodeEntry[] = [];
  for (let i = 0; i < fields.length; i += 2) entries.push({ id: String(fields[i]), report: String(fields[i + 1]) });
  return entries;
}
