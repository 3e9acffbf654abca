import type { OutcryError } from '../outcry-error.ts';
import type { BrokerStatus } from '../status.ts';
import { Recovery } from './recovery.ts';
import type { Scope } from './servers.ts';
import type { Shard } from './shard.ts';

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
 */
export class ClusterPartition implements Scope {
  readonly number: number;
  /** That should be heard. */
  readonly channels = new Set<string>();
  readonly #port: ClusterPartitionPort;
  readonly #recovery: Recovery;
  readonly #isOwn: (name: string) => boolean;
  #owner: Shard;
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

  /** All that should be heard is, and nothing is missing. */
  get isWhole(): boolean {
    return this.#isWhole;
  }

  holds(name: string): boolean {
    return this.#isOwn(name);
  }

  /** It is up, as its server is. */
  begin(): void {
    this.#tell('up');
    if (!this.#owner.isUp) this.handleLost();
  }

  moveTo(owner: Shard): void {
    if (owner === this.#owner) return;
    this.#owner = owner;
    this.#recovery.handleBroken();
  }

  /** Its server is there, and hears. */
  handleFound(): void {
    if (this.#isWhole) this.#recovery.handleBroken();
    else this.#recovery.hurry();
  }

  /** Its server is not heard. */
  handleLost(): void {
    this.#tell('down');
    this.#recovery.handleBroken();
  }

  /** Something of it could not be made whole. */
  handleStalled(): void {
    this.#recovery.handleBroken();
  }

  close(): void {
    clearTimeout(this.#grace);
    this.#recovery.close();
  }

  async #restore(): Promise<void> {
    const owner = this.#owner;
    // Not a fault of its own: it goes on when the server is found.
    if (!owner.isUp) throw new Error('its server is not up');
    await owner.subscriber.subscribe([...this.channels]);
    await this.#port.catchUp(this);
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
