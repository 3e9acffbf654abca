import { readFile } from 'node:fs/promises';

import {
  type GatewayProcess,
  type GatewaySettings,
  ProxyGroup,
  startGateway,
  uniquePrefix,
  UNLIMITED,
} from '@outcry/testkit';
import type { Redis } from 'ioredis';

import { eventually } from '../../support/eventually.ts';
import { Stores } from './stores.ts';

const NODE_IDS = ['a', 'b', 'c'] as const;
const READY_DEADLINE_MS = 20_000;
const MIB = 1024;

/** A gateway with proxies of its own between it and Redis. */
export interface SystemNode {
  readonly id: string;
  readonly gateway: GatewayProcess;
  readonly proxy: ProxyGroup;
}

/** Three gateways over what they store in, with fault proxies on each of the ways. */
export class System implements AsyncDisposable {
  readonly nodes: readonly SystemNode[];
  readonly prefix: string;
  readonly #stores: Stores;
  readonly #isOwner: boolean;

  private constructor(parts: { nodes: readonly SystemNode[]; prefix: string; stores: Stores; isOwner: boolean }) {
    this.nodes = parts.nodes;
    this.prefix = parts.prefix;
    this.#stores = parts.stores;
    this.#isOwner = parts.isOwner;
  }

  /**
   * @param options.stores that whoever made them lets go of; without them, on some of its own that keep nothing on disk
   * @param options.settings a `redisUrl` leads past the proxies
   */
  static async start({
    stores: given,
    settings = {},
  }: { stores?: Stores; settings?: GatewaySettings } = {}): Promise<System> {
    const stores = given ?? (await Stores.start());
    const prefix = uniquePrefix();
    const nodes = await Promise.all(
      NODE_IDS.map(async (id): Promise<SystemNode> => {
        const proxy = await ProxyGroup.start(stores.addresses);
        const gateway = await startGateway({
          redisUrl: stores.urlAt(proxy.ports),
          redisPrefix: prefix,
          nodeId: id,
          ...UNLIMITED,
          ...settings,
        });
        return { id, gateway, proxy };
      }),
    );
    return new System({ nodes, prefix, stores, isOwner: given === undefined });
  }

  node(id: (typeof NODE_IDS)[number]): SystemNode {
    const node = this.nodes.find((candidate) => candidate.id === id);
    if (node === undefined) throw new Error(`no node ${id}`);
    return node;
  }

  /** Runs a command on each server of Redis itself, past the proxies. */
  admin<T>(command: (redis: Redis) => Promise<T>): Promise<readonly T[]> {
    return this.#stores.admin(command);
  }

  /** Resolves when every gateway takes connections, with how long that took. */
  untilReady(deadlineMs = READY_DEADLINE_MS): Promise<number> {
    return eventually(async () => (await Promise.all(this.nodes.map(readiness))).every((status) => status === 200), {
      deadlineMs,
      describe: () => 'a gateway is not ready',
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(
      this.nodes.map(async ({ gateway, proxy }) => {
        await gateway[Symbol.asyncDispose]();
        await proxy[Symbol.asyncDispose]();
      }),
    );
    if (this.#isOwner) await this.#stores[Symbol.asyncDispose]();
  }
}

/** What `/readyz` of a gateway answers. */
export async function readiness({ gateway }: SystemNode): Promise<number> {
  return (await fetch(`${gateway.internalUrl}/readyz`)).status;
}

/** What each gateway weighs, in MiB. */
export function memoryOf({ nodes }: System): Promise<readonly number[]> {
  return Promise.all(
    nodes.map(async ({ gateway }) => {
      const status = await readFile(`/proc/${String(gateway.process.pid)}/status`, 'utf8');
      return Math.round(Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / MIB);
    }),
  );
}
