import { type BrokerPart, type BrokerStatus, PartitionStatus } from '@outcry/broker';
import { ALL_ROOM } from '@outcry/protocol';

/** Whether this node should get traffic: what `/readyz` and handshakes are answered by. */
export class Readiness {
  #isDraining = false;
  readonly #partitions = new PartitionStatus('down');
  #hasKeys = true;

  /** Why the node should get no traffic, or undefined where it should. */
  get notReady(): string | undefined {
    if (this.#isDraining) return 'draining';
    if (!this.#isServed()) return 'broker unavailable';
    return this.#hasKeys ? undefined : 'no keys of the identity provider yet';
  }

  /** What clients would miss though the node is ready. */
  get limitation(): string | undefined {
    const { upShare } = this.#partitions;
    return upShare === 1 ? undefined : `the broker is unavailable for ${percent(1 - upShare)} of rooms and books`;
  }

  showStatus(status: BrokerStatus, part: BrokerPart): void {
    this.#partitions.show(status, part);
  }

  showKeys(count: number): void {
    this.#hasKeys = count > 0;
  }

  drain(): void {
    this.#isDraining = true;
  }

  /** Nobody comes in without `@all`. */
  #isServed(): boolean {
    return this.#partitions.isEnough && this.#partitions.of(ALL_ROOM) === 'up';
  }
}

function percent(share: number): string {
  return `${String(Math.round(share * 100))} %`;
}
