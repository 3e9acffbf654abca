import { setTimeout as delay } from 'node:timers/promises';
import type { Intake } from '../../intake.ts';
import { OutcryError } from '../../outcry-error.ts';
import { PARTITION_TAGS, partitionOf } from '../../partition.ts';
import type { BrokerStatus } from '../../status.ts';
import { type StorageStatus, WRITABLE } from '../../storage.ts';
import { backoffMs } from '../pacing/backoff.ts';
import { ClusterPartition } from './cluster-partition.ts';
import { ClusterRouter } from './cluster-router.ts';
import { type Asked, ClusterSurvey } from './cluster-survey.ts';
import { type ClusterView, findAddress, ownersIn, primariesIn } from './cluster-view.ts';
import { KeyedQueue } from '../pacing/keyed-queue.ts';
import { movesChannel } from '../health/loopback.ts';
import { routeInCluster } from '../routes/route.ts';
import type { ServerInfo } from '../server/server-info.ts';
import { reportOf, type ServerReport } from '../server/server-report.ts';
import { intakeOf, serverOf, type Servers, type ServersPort, storageOf } from '../servers.ts';
import { Shard, type ShardOptions } from '../shard/shard.ts';
import { StatusGroups } from './status-groups.ts';
import type { ChannelListener } from '../connection/subscriber.ts';
import { type HostAddress, type RedisCluster, showHost } from '../routes/topology.ts';

/** What is on its way to a server has its answer, or has failed, long before this is over. */
const RETIRE_MS = 5000;
/** So often other nodes are told of a slot that is on its way: those who have come meanwhile have not heard of it. */
const TELL_INTERVAL_MS = 500;
/** Partitions that are made whole side by side. */
const LANES = 8;
const PARTITIONS: readonly number[] = PARTITION_TAGS.map((_, partition) => partition);

export interface ClusterShardsOptions extends Omit<ShardOptions, 'route' | 'partitions' | 'cluster'> {
  readonly cluster: RedisCluster;
}

interface Member {
  readonly shard: Shard;
  readonly address: HostAddress;
  /** Resolves when it is up for the first time, or never will be. */
  readonly opened: Promise<void>;
  /** When it was last of use. Monotonic. */
  usedAt: number;
}

/** The servers of a Redis Cluster, whichever they are at the moment, and which of them has which partition. */
export class ClusterShards implements Servers {
  readonly router: ClusterRouter;
  readonly intake: Intake;
  /** Each may go to another server than all others. */
  readonly parts: readonly (readonly number[])[] = PARTITION_TAGS.map((_, partition) => [partition]);
  readonly #options: ClusterShardsOptions;
  readonly #port: ServersPort;
  readonly #survey: ClusterSurvey;
  readonly #listeners = new Map<string, ChannelListener>();
  readonly #turns = new KeyedQueue();
  readonly #statuses: StatusGroups;
  /** By address. */
  readonly #members = new Map<string, Member>();
  /** When others were told last that a partition is on its way. Monotonic. */
  readonly #toldAt = new WeakMap<ClusterPartition, number>();
  readonly #verifying = new Set<Shard>();
  #partitions: readonly ClusterPartition[] = [];
  #views: readonly ClusterView[] = [];
  #storage: StorageStatus = WRITABLE;
  #isStarted = false;
  #isClosed = false;

  constructor(options: ClusterShardsOptions, port: ServersPort) {
    this.#options = options;
    this.#port = port;
    this.#statuses = new StatusGroups((status, part) => {
      if (!this.#isClosed) port.handleStatus(status, part);
    });
    this.#survey = new ClusterSurvey(options, {
      connected: () => this.#connected(),
      handleRefused: (fault) => {
        port.handleFault(fault);
      },
      handleViews: (views) => {
        this.#apply(views);
      },
      isCalm: () => this.#partitions.every(({ isWhole }) => isWhole),
    });
    this.router = this.#createRouter();
    this.intake = intakeOf(() => this.#shards);
  }

  get storage(): StorageStatus {
    return storageOf(this.#shards);
  }

  get server(): ServerInfo | undefined {
    return serverOf(this.#shards);
  }

  get #shards(): readonly Shard[] {
    return [...this.#members.values()].map(({ shard }) => shard);
  }

  report(): Promise<readonly ServerReport[]> {
    return Promise.all(this.#shards.map(reportOf));
  }

  async start(deadline: number): Promise<void> {
    const owners = await this.#findOwners(deadline);
    const opened = [...new Map(owners.map((address) => [showHost(address), address]))].map(([key, address]) => {
      const partitions = PARTITIONS.filter((partition) => showHost(owners[partition] ?? address) === key);
      const shard = this.#createShard(address, partitions);
      this.#members.set(key, { shard, address, opened: Promise.resolve(), usedAt: performance.now() });
      return shard;
    });
    await Promise.all(opened.map((shard) => shard.prepare(deadline)));
    this.#partitions = owners.map((address, number) => this.#createPartition(number, this.#open(address).shard));
    await Promise.all(this.#partitions.map((partition) => partition.prepare()));
    for (const shard of opened) shard.begin();
    this.#isStarted = true;
    for (const partition of this.#partitions) partition.begin();
    // What was taken back until now, nobody has looked at.
    for (const shard of opened) this.#lookAt(shard);
    this.#statuses.flush();
    this.#survey.start();
  }

  handleStalled(name: string): void {
    this.#partitions[partitionOf(name)]?.handleStalled();
  }

  stop(): void {
    this.#isClosed = true;
    this.#survey.close();
    for (const partition of this.#partitions) partition.close();
    for (const shard of this.#shards) shard.stop();
  }

  async close(): Promise<void> {
    this.stop();
    await Promise.all(this.#shards.map((shard) => shard.close()));
  }

  /** By partition. @throws OutcryError where there are some without a server, or none can be asked, until the deadline */
  async #findOwners(deadline: number): Promise<readonly HostAddress[]> {
    for (let attempt = 1; ; attempt += 1) {
      this.#views = [await this.#survey.findFirst(deadline)];
      const owners = ownersIn(this.#views).filter((address) => address !== undefined);
      if (owners.length === PARTITIONS.length) return owners;
      const missing = `${String(PARTITIONS.length - owners.length)} of ${String(PARTITIONS.length)}`;
      const { shown } = this.#options.cluster;
      const fault = new OutcryError('unavailable', `${shown}: no server has the slots of ${missing} partitions`);
      if (performance.now() >= deadline) throw fault;
      this.#port.handleFault(fault);
      await delay(backoffMs(attempt));
      if (this.#isClosed) throw new OutcryError('closed', 'the backplane is closed');
    }
  }

  #createRouter(): ClusterRouter {
    const { keys, commandTimeoutMs } = this.#options;
    return new ClusterRouter({
      keys,
      commandTimeoutMs,
      listeners: this.#listeners,
      partition: (number) => this.#partition(number),
      shards: () => this.#shards,
      assertOpen: () => {
        if (this.#isClosed) throw new OutcryError('closed', 'the backplane is closed');
      },
      findOwner: async (partition) => {
        await this.#survey.refresh();
        await this.#untilOpen(partition.owner);
      },
      findImporting: async (partition, address) => {
        const { shard } = this.#open(this.#locate(address, partition.owner));
        await this.#untilOpen(shard);
        this.#handleImporting(partition, shard);
        return shard;
      },
    });
  }

  /** This node listens there, and so do all others as soon as they are told: by the server that has the slot still. */
  #handleImporting(partition: ClusterPartition, shard: Shard): void {
    partition.import(shard);
    const now = performance.now();
    if (now - (this.#toldAt.get(partition) ?? -Infinity) < TELL_INTERVAL_MS) return;
    this.#toldAt.set(partition, now);
    const channel = movesChannel(this.#options.keys, partition.number);
    partition.owner.commands.run((redis) => redis.spublish(channel, shard.part.shard)).catch(() => undefined);
  }

  #createPartition(number: number, owner: Shard): ClusterPartition {
    const partition = this.#buildPartition(number, owner);
    const channel = movesChannel(this.#options.keys, number);
    partition.channels.add(channel);
    this.#listeners.set(channel, (payload) => {
      const to = this.#shards.find(({ part }) => part.shard === payload.toString());
      if (to === undefined) this.#survey.refreshSoon();
      else partition.import(to);
    });
    return partition;
  }

  #buildPartition(number: number, owner: Shard): ClusterPartition {
    return new ClusterPartition(
      number,
      { owner, isOwn: (name) => partitionOf(name) === number },
      {
        inTurn: (partition, task) => this.#turns.run(String(partition % LANES), task),
        catchUp: (scope) => this.#port.catchUp(scope),
        handleStatus: (status, { owner: { part } }) => {
          this.#statuses.add(status, part.shard, number);
        },
        handleFault: (fault) => {
          this.#port.handleFault(fault);
        },
      },
    );
  }

  #createShard(address: HostAddress, partitions: readonly number[]): Shard {
    const handleMoved = (): void => {
      if (this.#isStarted) void this.#verify(shard);
    };
    const route = routeInCluster(this.#options.cluster, address);
    const shard: Shard = new Shard(
      { ...this.#options, route, partitions, cluster: { listeners: this.#listeners, handleMoved } },
      {
        ...this.#port,
        // What has to be read is each partition's to know.
        catchUp: () => Promise.resolve(),
        handleStatus: (status, shard) => {
          this.#handleShardStatus(status, shard);
        },
        handleStorage: () => {
          this.#showStorage();
        },
      },
    );
    return shard;
  }

  /** Once for all channels that a server has taken back in a turn: where they are is asked, and what is still there is subscribed again. */
  async #verify(shard: Shard): Promise<void> {
    if (this.#verifying.has(shard)) return;
    this.#verifying.add(shard);
    await this.#survey.refresh();
    this.#verifying.delete(shard);
    this.#lookAt(shard);
  }

  #lookAt(shard: Shard): void {
    const { acknowledgedChannels } = shard.listener;
    for (const partition of this.#partitions) {
      if (partition.owner === shard || partition.importing === shard) partition.verify(shard, acknowledgedChannels);
    }
  }

  /** What servers say, each by its own view of all. */
  #apply(views: readonly ClusterView[]): void {
    this.#views = views;
    for (const address of primariesIn(views)) this.#open(address);
    for (const [number, address] of ownersIn(views).entries()) {
      // Whoever has had it is asked further on where nobody has it: that says so.
      if (address !== undefined) this.#partitions[number]?.moveTo(this.#open(address).shard);
    }
    for (const { shard } of this.#members.values()) {
      shard.holdOnly(this.#partitions.filter(({ owner }) => owner === shard).map(({ number }) => number));
    }
    this.#retire();
  }

  /** The server at an address: it is connected to from now on, for as long as anything leads there. */
  #open(address: HostAddress): Member {
    const key = showHost(address);
    const known = this.#members.get(key);
    if (known !== undefined) {
      known.usedAt = performance.now();
      return known;
    }
    const shard = this.#createShard(address, []);
    const member = { shard, address, opened: this.#bring(key, shard), usedAt: performance.now() };
    this.#members.set(key, member);
    return member;
  }

  async #bring(key: string, shard: Shard): Promise<void> {
    try {
      await shard.prepare(Infinity);
      shard.begin();
    } catch (error) {
      // It is opened again for whatever leads there next.
      this.#members.delete(key);
      await shard.close();
      if (error instanceof OutcryError && error.code !== 'closed') this.#port.handleFault(error);
    }
  }

  /** Whom a redirect of a server means: where that names no host, one on its own (`unknown-endpoint`). */
  #locate({ host, port }: HostAddress, from: Shard): HostAddress {
    const own = [...this.#members.values()].find(({ shard }) => shard === from)?.address.host ?? host;
    return findAddress(this.#views, { host: host === '' ? own : host, port });
  }

  /** In time for a command that waits for it. */
  async #untilOpen(shard: Shard): Promise<void> {
    const member = [...this.#members.values()].find((one) => one.shard === shard);
    const patience = delay(this.#options.commandTimeoutMs / 2, undefined, { ref: false });
    await Promise.race([member?.opened, patience]);
  }

  #retire(): void {
    const inUse = new Set(this.#partitions.map(({ owner }) => owner));
    const now = performance.now();
    for (const [key, { shard, usedAt }] of this.#members) {
      if (inUse.has(shard) || now - usedAt < RETIRE_MS) continue;
      this.#members.delete(key);
      void shard.close();
    }
  }

  #handleShardStatus(status: BrokerStatus, shard: Shard): void {
    if (!this.#isStarted) return;
    for (const partition of this.#partitions) {
      if (partition.owner !== shard) continue;
      if (status === 'up') partition.handleFound();
      else partition.handleLost();
    }
    if (status === 'up') return;
    this.#statuses.flush();
    this.#survey.refreshSoon();
  }

  #partition(number: number): ClusterPartition {
    const partition = this.#partitions[number];
    if (partition !== undefined) return partition;
    if (number in PARTITIONS) throw new OutcryError(this.#isClosed ? 'closed' : 'unavailable', 'not connected');
    throw new TypeError('expected a name of ours in Redis');
  }

  #connected(): readonly Asked[] {
    return [...this.#members.values()].map(({ shard, address }) => ({ address, commands: shard.commands }));
  }

  #showStorage(): void {
    const { storage } = this;
    if (storage === this.#storage) return;
    this.#storage = storage;
    this.#port.handleStorage(storage);
  }
}
