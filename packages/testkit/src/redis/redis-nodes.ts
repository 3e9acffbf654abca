import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

import { askRedis, untilRedis } from './ask-redis.ts';
import type { TestCertificate } from '../certificate.ts';
import { leasePort, type PortLease } from '../port-lease.ts';
import { RedisProcess } from './redis-process.ts';

const SLOTS = 16_384;
const HOST = '127.0.0.1';
/** Nobody is taken for dead because the machine has much to do. */
const NEVER_MS = 600_000;
/** A replica has everything at once, and not after the 5 s in which others might come. */
const SERVER_ARGS = ['--repl-diskless-sync-delay', '0', '--cluster-replica-validity-factor', '0'];
/** Keys that go from one server to the other in one step. */
const KEYS_PER_STEP = 100;

export interface RedisNodesOptions {
  /** That share the slots in equal parts. */
  readonly primaries?: number;
  /** Whether each of those has a replica. */
  readonly hasReplicas?: boolean;
  /** A server that is silent for so long is taken for lost. Short where there is to be a failover. */
  readonly nodeTimeoutMs?: number;
  /** More arguments for all servers. */
  readonly args?: readonly string[];
  /** Each has a port for TLS as well, speaks that with the others, and goes by the name that is in the certificate. */
  readonly certificate?: TestCertificate;
}

/** One server of a Redis Cluster. */
export interface RedisNode {
  readonly process: RedisProcess;
  readonly id: string;
  readonly tlsPort?: number;
}

/** A Redis Cluster of real servers, until it is disposed of. */
export class RedisNodes implements AsyncDisposable {
  readonly primaries: RedisNode[] = [];
  /** In the order of their primaries. */
  readonly replicas: RedisNode[] = [];
  readonly #args: readonly string[];
  readonly #certificate: TestCertificate | undefined;
  readonly #directories: string[] = [];
  readonly #leases: PortLease[] = [];

  private constructor(args: readonly string[], certificate: TestCertificate | undefined) {
    this.#args = args;
    this.#certificate = certificate;
  }

  /** Resolves when all servers know of all, and all slots are served. */
  static async start(options: RedisNodesOptions = {}): Promise<RedisNodes> {
    const { primaries = 3, hasReplicas = false, nodeTimeoutMs = NEVER_MS, args = [], certificate } = options;
    const all = [...SERVER_ARGS, '--cluster-node-timeout', String(nodeTimeoutMs), ...args];
    const nodes = new RedisNodes(all, certificate);
    const count = hasReplicas ? 2 * primaries : primaries;
    const started = await Promise.all(Array.from({ length: count }, () => nodes.#startOne()));
    nodes.primaries.push(...started.slice(0, primaries));
    nodes.replicas.push(...started.slice(primaries));
    await Promise.all(
      nodes.primaries.map(async ({ process }, i) => {
        const [first, end] = [i, i + 1].map((n) => Math.ceil((n * SLOTS) / primaries));
        await nodes.#order(process, 'CLUSTER', 'ADDSLOTSRANGE', String(first), String((end ?? 0) - 1));
        // Without it they all begin with the same one, and settle it among themselves later.
        await nodes.#order(process, 'CLUSTER', 'SET-CONFIG-EPOCH', String(i + 1));
      }),
    );
    for (const { process } of started.slice(1)) await nodes.#introduce(process);
    await nodes.untilAllKnow(started);
    await Promise.all(
      nodes.replicas.map(({ process }, i) =>
        nodes.#order(process, 'CLUSTER', 'REPLICATE', nodes.primaries[i]?.id ?? ''),
      ),
    );
    await nodes.untilWhole();
    return nodes;
  }

  /** `redis+cluster://…` */
  get url(): string {
    return `redis+cluster://${this.primaries.map(({ process }) => `${HOST}:${String(process.port)}`).join(',')}`;
  }

  /** `rediss+cluster://…` */
  get tlsUrl(): string {
    return `rediss+cluster://${this.primaries.map(({ tlsPort }) => `localhost:${String(tlsPort)}`).join(',')}`;
  }

  get all(): readonly RedisNode[] {
    return [...this.primaries, ...this.replicas];
  }

  /** Another primary, without any slot. Resolves when all know of it. */
  async addPrimary(): Promise<RedisNode> {
    const node = await this.#startOne();
    await this.#introduce(node.process);
    this.primaries.push(node);
    await this.untilAllKnow(this.all);
    return node;
  }

  /** The primary that has a slot, as most of them have it. */
  async ownerOf(slot: number): Promise<RedisNode> {
    for (const node of this.all) {
      const answer = await this.ask(node.process, 'CLUSTER', 'NODES').catch(() => '');
      const own = answer.split('\n').find((line) => line.includes('myself,master'));
      const ranges = (own?.trim().split(' ').slice(8) ?? []).map((range) => range.split('-').map(Number));
      if (ranges.some(([first = -1, last = first]) => first <= slot && slot <= last)) return node;
    }
    throw new Error(`nobody has slot ${String(slot)}`);
  }

  /** Those that have any keys, from the lowest on. */
  async slotsInUse(): Promise<readonly number[]> {
    const answers = await Promise.all(this.primaries.map(({ process }) => this.ask(process, 'KEYS', '*')));
    const tags = new Set(answers.flatMap((answer) => [...answer.matchAll(/\{(\w+)\}/g)].map(([, tag = '']) => tag)));
    const [first] = this.primaries;
    if (first === undefined) throw new Error('expected a primary');
    const slots = await Promise.all([...tags].map((tag) => this.ask(first.process, 'CLUSTER', 'KEYSLOT', tag)));
    return slots.map((slot) => Number(slot.slice(1))).sort((one, other) => one - other);
  }

  /** Cuts a primary off from its replica: what is written from now on, the primary alone has. Resolves with who is cut off. */
  async detachReplica(primary: RedisNode): Promise<RedisNode> {
    const followed = `master_port:${String(primary.process.port)}\r\n`;
    for (const node of this.all) {
      if (node.id === primary.id || !(await this.#replicationOf(node)).includes(followed)) continue;
      // It is not let in any more when it comes again.
      await this.#order(node.process, 'CONFIG', 'SET', 'masteruser', 'nobody', 'masterauth', 'nothing');
      await this.ask(primary.process, 'CLIENT', 'KILL', 'TYPE', 'replica');
      await untilRedis('the replica is not cut off', async () =>
        (await this.#replicationOf(node)).includes('master_link_status:down'),
      );
      return node;
    }
    throw new Error(`${primary.process.url} has no replica`);
  }

  /** Whoever was cut off may follow again, if not whom it followed. */
  attachReplica({ process }: RedisNode): Promise<void> {
    return this.#order(process, 'CONFIG', 'SET', 'masteruser', '', 'masterauth', '');
  }

  /** Resolves when another server than one that is lost has the slot. */
  async untilServed(slot: number, lost: RedisNode): Promise<void> {
    await untilRedis(`nobody has slot ${String(slot)}`, async () => (await this.ownerOf(slot)).id !== lost.id);
  }

  /** Says of a slot that it is on its way from one server to the other: nothing of it moves yet. */
  async beginMove(slot: number, from: RedisNode, to: RedisNode): Promise<void> {
    await this.#order(to.process, 'CLUSTER', 'SETSLOT', String(slot), 'IMPORTING', from.id);
    await this.#order(from.process, 'CLUSTER', 'SETSLOT', String(slot), 'MIGRATING', to.id);
  }

  /** Moves keys of a slot that is on its way: all of them, or so many. Resolves with how many. */
  async moveKeys(
    slot: number,
    { from, to, most = Infinity }: { from: RedisNode; to: RedisNode; most?: number },
  ): Promise<number> {
    for (let moved = 0; ;) {
      const count = Math.min(KEYS_PER_STEP, most - moved);
      const answer =
        count > 0 ? await this.ask(from.process, 'CLUSTER', 'GETKEYSINSLOT', String(slot), String(count)) : '';
      const keys = [...answer.matchAll(/\$\d+\r\n(.*)\r\n/g)].map(([, key = '']) => key);
      if (keys.length === 0) return moved;
      const target = [HOST, String(to.tlsPort ?? to.process.port), '', '0', '5000', 'KEYS'];
      const verdict = await this.ask(from.process, 'MIGRATE', ...target, ...keys);
      if (!/^\+(OK|NOKEY)/.test(verdict)) throw new Error(`keys of slot ${String(slot)} do not move: ${verdict}`);
      moved += keys.length;
    }
  }

  /** The slot is the other server's from now on. */
  async endMove(slot: number, from: RedisNode, to: RedisNode): Promise<void> {
    for (const { process } of [to, from]) {
      await this.#order(process, 'CLUSTER', 'SETSLOT', String(slot), 'NODE', to.id);
    }
  }

  /** As `redis-cli --cluster reshard` does, while everything goes on. */
  async moveSlot(slot: number, to: RedisNode): Promise<void> {
    const from = await this.ownerOf(slot);
    if (from.id === to.id) return;
    await this.beginMove(slot, from, to);
    await this.moveKeys(slot, { from, to });
    await this.endMove(slot, from, to);
  }

  /** Resolves when all servers serve all slots, and as many are replicas as there should be, each of which has what its primary has. */
  async untilWhole(): Promise<void> {
    await untilRedis('the cluster is not whole', async () => {
      const infos = await Promise.all(this.all.map(({ process }) => this.ask(process, 'CLUSTER', 'INFO')));
      const roles = await Promise.all(this.all.map(({ process }) => this.ask(process, 'INFO', 'replication')));
      const replicas = roles.filter((role) => role.includes('role:slave'));
      return (
        infos.every(
          (info) => info.includes('cluster_state:ok') && info.includes(`cluster_slots_ok:${String(SLOTS)}`),
        ) &&
        replicas.length === this.replicas.length &&
        replicas.every((role) => role.includes('master_link_status:up'))
      );
    });
  }

  /** Runs a command on a server. The answer is as it comes over the wire, and may be an error. */
  ask(server: RedisProcess, ...words: readonly string[]): Promise<string> {
    return askRedis(server.port, words);
  }

  #replicationOf({ process }: RedisNode): Promise<string> {
    return this.ask(process, 'INFO', 'replication').catch(() => '');
  }

  /** @throws Error where the server refuses */
  async #order(server: RedisProcess, ...words: readonly string[]): Promise<void> {
    const answer = await this.ask(server, ...words);
    if (!answer.startsWith('+OK')) throw new Error(`${words.join(' ')}: ${answer}`);
  }

  async untilAllKnow(nodes: readonly RedisNode[]): Promise<void> {
    await untilRedis('the servers do not know of each other', async () => {
      const views = await Promise.all(nodes.map(({ process }) => this.ask(process, 'CLUSTER', 'NODES')));
      return views.every((view) => nodes.every(({ id }) => new RegExp(`^${id} .*connected`, 'm').test(view)));
    });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.all.map(({ process }) => process[Symbol.asyncDispose]()));
    for (const lease of this.#leases) lease[Symbol.dispose]();
    for (const directory of this.#directories) rmSync(directory, { recursive: true });
  }

  async #startOne(): Promise<RedisNode> {
    // Each writes down there what it knows of the others.
    const directory = mkdtempSync(join(tmpdir(), 'outcry-cluster-'));
    this.#directories.push(directory);
    const tls = await this.#leaseTls();
    const process = await RedisProcess.startClusterNode(['--dir', directory, ...this.#args, ...(tls?.args ?? [])]);
    const [id = ''] = /[0-9a-f]{40}/.exec(await this.ask(process, 'CLUSTER', 'MYID')) ?? [];
    return { process, id, ...(tls === undefined ? {} : { tlsPort: tls.port }) };
  }

  async #leaseTls(): Promise<{ readonly port: number; readonly args: readonly string[] } | undefined> {
    if (this.#certificate === undefined) return undefined;
    const { certFile, keyFile } = this.#certificate;
    const lease = await leasePort();
    this.#leases.push(lease);
    const files = ['--tls-cert-file', certFile, '--tls-key-file', keyFile, '--tls-ca-cert-file', certFile];
    const names = ['--tls-auth-clients', 'no', '--tls-cluster', 'yes', '--cluster-announce-hostname', 'localhost'];
    return { port: lease.port, args: ['--tls-port', String(lease.port), ...files, ...names] };
  }

  async #introduce(process: RedisProcess): Promise<void> {
    const [first] = this.primaries;
    if (first === undefined) throw new Error('expected a primary');
    const { port, clusterPort } = process;
    await this.#order(first.process, 'CLUSTER', 'MEET', HOST, String(port), String(clusterPort));
  }
}
