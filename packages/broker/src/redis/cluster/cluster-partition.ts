import type { OutcryError } from '../../outcry-error.ts';
import type { BrokerStatus } from '../../status.ts';
import { Recovery } from '../health/recovery.ts';
import { RedirectError } from '../faults/redirect.ts';
import type { Scope } from '../servers.ts';
import type { Shard } from '../shard/shard.ts';

/** A partition that goes from one server in good health to another is whole again long before this; if not, its clients are told. */
const GRACE_MS = 1000;

export interface ClusterPartitionPort {
  /** Runs what puts a load on servers when its turn comes. */
  inTurn(partition: number, task: () => Promise<void>): Promise<void>;
  catchUp(scope: Scope): Promise<void>;
  /** `up` may be told again: it is on another server by now. */
  handleStatus(status: BrokerStatus, partition: ClusterPartition): void;
  handleFault(fault: OutcryError): void;
}

/**
 * One of the 64 partitions, on whichever server of a Redis Cluster has its slot. Where that changes, its channels are subscribed at the
 * new server first, and what was missed between the two is read then; only what takes longer than that is told to anybody.
 *
 * While its slot is on its way, what has gone already is published at the other server, to nobody who listens here. So both are listened
 * to from the moment at which anybody finds out (decisions/0093).
 */
export class ClusterPartition implements Scope {
  readonly number: number;
  /** That should be heard. */
  readonly channels = new Set<string>();
  readonly #port: ClusterPartitionPort;
  readonly #recovery: Recovery;
  readonly #isOwn: (name: string) => boolean;
  #owner: Shard;
  #importing: { readonly shard: Shard; readonly recovery: Recovery } | undefined;
  #told: BrokerStatus = 'down';
  #grace: NodeJS.Timeout | undefined;
  #isWhole = true;

  constructor(number: number, options: { owner: Shard; isOwn: (name: string) => boolean }, port: ClusterPartitionPort) {
    this.number = number;
    this.#port = port;
    this.#owner = options.owner;
    this.#isOwn = options.isOwn;
    this.#recovery = new Recovery({
      restore: () => this.#port.inTurn(number, () => this.#restore()),
      handleStatus: (status) => {
        this.#handleStatus(status);
      },
      handleFault: (fault) => {
        port.handleFault(fault);
      },
    });
  }

  /** The server that has it, as far as is known. */
  get owner(): Shard {
    return this.#owner;
  }

  /** The server that its slot is on its way to, where it is. */
  get importing(): Shard | undefined {
    return this.#importing?.shard;
  }

  /** All that should be heard is, and nothing is missing. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  holds(name: string): boolean {
    return this.#isOwn(name);
  }

  /** Listens to what there is to listen to before anything else is. */
  prepare(): Promise<void> {
    return this.#owner.subscriber.subscribe([...this.channels]);
  }

  /** It is up, as its server is. */
  begin(): void {
    this.#tell('up');
    if (!this.#owner.isUp) this.handleLost();
  }

  moveTo(owner: Shard): void {
    if (owner === this.#owner) return;
    this.#owner = owner;
    this.#endImport();
    this.#recovery.handleBroken();
    this.#recovery.hurry();
  }

  /** Its slot is on its way to another server. */
  import(shard: Shard): void {
    if (shard === this.#owner || shard === this.#importing?.shard) return;
    this.#endImport();
    const recovery = new Recovery({
      restore: () => this.#port.inTurn(this.number, () => this.#hearImporting(shard)),
      // Told again, so that books are read, whose watchers have missed what went to the other server.
      handleStatus: (status) => {
        if (status === 'up' && this.#told === 'up') this.#tell('up');
      },
      handleFault: (fault) => {
        this.#port.handleFault(fault);
      },
    });
    this.#importing = { shard, recovery };
    recovery.handleBroken();
  }

  /** Its server is there, and hears. */
  handleFound(): void {
    this.#recovery.hurry();
  }

  /** Its server is not heard. */
  handleLost(): void {
    this.#tell('down');
    this.#recovery.handleBroken();
  }

  /** A server has taken channels back: they may be of this one, though its slot is there again by now, or is nobody's. */
  verify(shard: Shard, acknowledged: ReadonlySet<string>): void {
    if ([...this.channels].every((channel) => acknowledged.has(channel))) return;
    // One that is not whole looks for itself before it is.
    if (shard === this.#owner && this.#isWhole) this.handleStalled();
    if (shard === this.#importing?.shard) this.#importing.recovery.handleBroken();
  }

  /** Something of it could not be made whole. */
  handleStalled(): void {
    this.#recovery.handleBroken();
  }

  close(): void {
    clearTimeout(this.#grace);
    this.#endImport();
    this.#recovery.close();
  }

  async #restore(): Promise<void> {
    const owner = this.#owner;
    // Not a fault of its own: it goes on when the server is found.
    if (!owner.isUp) throw new Error('its server is not up');
    const channels = [...this.channels];
    await owner.subscriber.subscribe(channels);
    await this.#port.catchUp(this);
    this.#assertHeard(owner, channels);
  }

  async #hearImporting(shard: Shard): Promise<void> {
    const channels = [...this.channels];
    try {
      await shard.subscriber.subscribe(channels, true);
    } catch (error) {
      // It is not on its way any more, and where it is, is found out by itself.
      if (error instanceof RedirectError) this.#endImport();
      throw error;
    }
    await this.#port.catchUp(this);
    this.#assertHeard(shard, channels);
  }

  /** The slot may have gone meanwhile, and come back before anybody asked where it is: what it took along is not heard. */
  #assertHeard({ listener }: Shard, channels: readonly string[]): void {
    const { acknowledgedChannels } = listener;
    const isTakenBack = (channel: string): boolean => this.channels.has(channel) && !acknowledgedChannels.has(channel);
    if (channels.some(isTakenBack)) throw new Error('its server has taken channels back meanwhile');
  }

  #endImport(): void {
    this.#importing?.recovery.close();
    this.#importing = undefined;
  }

  #handleStatus(status: BrokerStatus): void {
    this.#isWhole = status === 'up';
    clearTimeout(this.#grace);
    if (status === 'up') this.#tell('up');
    else {
      this.#grace = setTimeout(() => {
        this.#tell('down');
      }, GRACE_MS);
    }
  }

  #tell(status: BrokerStatus): void {
    if (status === 'down' && this.#told === 'down') return;
    this.#told = status;
    this.#port.handleStatus(status, this);
  }
}
