import { type Backplane, type BrokerPart, type BrokerStatus, PartitionStatus } from '@outcry/broker';
import { ALL_ROOM } from '@outcry/protocol';
import { type Check, ShardChecks, whyAway } from '@outcry/service';

const DRAINING = 'draining';
const NO_BROKER = 'broker unavailable';
const NO_KEYS = 'no keys of the identity provider yet';

/** Whether this node should get traffic: what `/readyz` and handshakes are answered by. */
export class Readiness {
  readonly #backplane: Pick<Backplane, 'awaits'>;
  #isDraining = false;
  #isShut = false;
  readonly #partitions = new PartitionStatus('down');
  readonly #shards = new ShardChecks();
  #hasKeys = true;
  #readTransport: () => string | undefined = () => undefined;

  constructor(backplane: Pick<Backplane, 'awaits'> = {}) {
    this.#backplane = backplane;
  }

  /** Why the node should get no traffic, or undefined where it should. */
  get notReady(): string | undefined {
    return (this.#isDraining ? DRAINING : this.#unserved) ?? this.#readTransport();
  }

  /**
   * Why nobody is let in, or undefined where they are: also by a node that is going, until nobody sends clients to it any more, and by a
   * transport that does not seem to write, for whoever comes shows whether it does.
   */
  get shutFor(): string | undefined {
    return this.#isShut ? DRAINING : this.#unserved;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** The same for people, with what clients would miss though the node is ready. */
  get checks(): readonly Check[] {
    return [
      { name: 'draining', reason: this.#isDraining ? DRAINING : undefined, isBlocking: true },
      this.#isServed()
        ? { name: 'broker', reason: this.#missing() }
        : { name: 'broker', reason: whyAway(NO_BROKER, this.#backplane), isBlocking: true },
      { name: 'keys', reason: this.#hasKeys ? undefined : NO_KEYS, isBlocking: true },
      { name: 'transport', reason: this.#readTransport(), isBlocking: true },
      ...this.#shards.all,
    ];
  }

  showStatus(status: BrokerStatus, part: BrokerPart): void {
    this.#partitions.show(status, part);
    this.#shards.show(status, part);
  }

  /** @param read what is wrong with the transport, asked anew each time */
  watchTransport(read: () => string | undefined): void {
    this.#readTransport = read;
  }

  showKeys(count: number): void {
    this.#hasKeys = count > 0;
  }

  /** From now on no clients should be sent here; those that are come in. */
  drain(): void {
    this.#isDraining = true;
  }

  /** Clients are sent here, and come in, again. */
  open(): void {
    this.#isDraining = false;
    this.#isShut = false;
  }

  /** From now on nobody comes in. */
  shut(): void {
    this.#isShut = true;
  }

  get #unserved(): string | undefined {
    if (!this.#isServed()) return NO_BROKER;
    return this.#hasKeys ? undefined : NO_KEYS;
  }

  #missing(): string | undefined {
    const { upShare } = this.#partitions;
    return upShare === 1 ? undefined : `the broker is unavailable for ${percent(1 - upShare)} of rooms and books`;
  }

  /** Nobody comes in without `@all`. */
  #isServed(): boolean {
    return this.#partitions.isEnough && this.#partitions.of(ALL_ROOM) === 'up';
  }
}

function percent(share: number): string {
  return `${String(Math.round(share * 100))} %`;
}
