import type { Logger } from '@outcry/service';

/** Whether the feed bus takes what is published, as the feeds find out. Speaks once per outage, however many feeds meet it. */
export class BusHealth {
  readonly #logger: Logger;
  readonly #waiting = new Set<string>();

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  get isUp(): boolean {
    return this.#waiting.size === 0;
  }

  /** A feed was refused, and waits. */
  reportDown(symbol: string, err: unknown): void {
    if (this.isUp) this.#logger.error({ err }, 'feed bus interrupted');
    this.#waiting.add(symbol);
  }

  /** The bus has taken the snapshot of a feed that waited. */
  reportUp(symbol: string): void {
    if (this.#waiting.delete(symbol) && this.isUp) this.#logger.info('feed bus restored');
  }

  /** The feed is over: it can say no more about the bus. */
  forget(symbol: string): void {
    this.#waiting.delete(symbol);
  }
}
