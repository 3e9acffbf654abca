import type { BrokerStatus } from '@outcry/broker';

/** Whether this node should get traffic: what `/readyz` and handshakes are answered by. */
export class Readiness {
  #isDraining = false;
  #brokerStatus: BrokerStatus = 'down';
  #hasKeys = true;

  /** Why the node should get no traffic, or undefined where it should. */
  get notReady(): string | undefined {
    if (this.#isDraining) return 'draining';
    if (this.#brokerStatus !== 'up') return 'broker unavailable';
    return this.#hasKeys ? undefined : 'no keys of the identity provider yet';
  }

  showStatus(status: BrokerStatus): void {
    this.#brokerStatus = status;
  }

  showKeys(count: number): void {
    this.#hasKeys = count > 0;
  }

  drain(): void {
    this.#isDraining = true;
  }
}
