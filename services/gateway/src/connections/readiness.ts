import type { BrokerStatus } from '@outcry/broker';

/** Whether this node should get traffic: what `/readyz` and handshakes are answered by. */
export class Readiness {
  #isDraining = false;
  #brokerStatus: BrokerStatus = 'down';

  /** Why the node should get no traffic, or undefined where it should. */
  get notReady(): string | undefined {
    if (this.#isDraining) return 'draining';
    return this.#brokerStatus === 'up' ? undefined : 'broker unavailable';
  }

  showStatus(status: BrokerStatus): void {
    this.#brokerStatus = status;
  }

  drain(): void {
    this.#isDraining = true;
  }
}
