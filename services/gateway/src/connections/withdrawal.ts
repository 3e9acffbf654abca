import type { Logger } from '@outcry/service';

import type { Connections } from './connections.ts';
import type { Drain } from './drain.ts';
import type { Readiness } from './readiness.ts';

export interface WithdrawalOptions {
  readonly connections: Pick<Connections, 'size'>;
  readonly readiness: Pick<Readiness, 'drain' | 'shut' | 'open'>;
  readonly createDrain: () => Pick<Drain, 'wait' | 'run' | 'cancel'>;
  /** Others are to know at once whether this gateway takes clients. */
  readonly tell: () => void;
  readonly logger: Logger;
}

/**
 * Takes a gateway out of service while it goes on running, so that somebody can look at it, and puts it back. Its clients leave as they do
 * before it stops; nobody comes in until it is restored.
 */
export class Withdrawal {
  readonly #options: WithdrawalOptions;
  #drain: Pick<Drain, 'wait' | 'run' | 'cancel'> | undefined;

  constructor(options: WithdrawalOptions) {
    this.#options = options;
  }

  /** Does nothing where it is withdrawn already. */
  withdraw(): void {
    if (this.#drain !== undefined) return;
    const { connections, readiness, createDrain, tell, logger } = this.#options;
    const drain = createDrain();
    this.#drain = drain;
    logger.info({ connections: connections.size }, 'gateway withdrawn');
    readiness.drain();
    tell();
    void this.#empty(drain);
  }

  /** Clients come in again. Does nothing where it is not withdrawn. */
  restore(): void {
    if (!this.cancel()) return;
    const { readiness, tell, logger } = this.#options;
    readiness.open();
    tell();
    logger.info('gateway restored');
  }

  /** It is going for good: nobody is asked to leave any more because of this. Whether it was withdrawn. */
  cancel(): boolean {
    const drain = this.#drain;
    this.#drain = undefined;
    drain?.cancel();
    return drain !== undefined;
  }

  async #empty(drain: Pick<Drain, 'wait' | 'run'>): Promise<void> {
    await drain.wait();
    if (this.#drain !== drain) return;
    this.#options.readiness.shut();
    const { toldMs: _, ...drained } = await drain.run();
    if (this.#drain === drain) this.#options.logger.info(drained, 'clients gone');
  }
}
