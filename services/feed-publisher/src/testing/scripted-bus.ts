import {
  type FeedBus,
  type FeedDelta,
  type FeedInstrument,
  type FeedPulse,
  type FeedSnapshot,
  OutcryError,
  type StoredBook,
} from '@outcry/broker';

export type Published = { readonly kind: 'snapshot' | 'delta' | 'pulse' } & FeedSnapshot & FeedDelta;

/** A bus that keeps what is published, and that a test can slow down or take away. */
export class ScriptedBus implements FeedBus {
  /** As the gateways know them now. */
  readonly announced: FeedInstrument[] = [];
  readonly frames: Published[] = [];
  /** Everything rejects with it while it is set. */
  fault: Error | undefined;
  /** By symbol: a frame with a lower fence is refused. */
  readonly fences = new Map<string, number>();
  readonly #held = new Map<string, Promise<void>>();

  /** Publishes of a symbol wait until the returned function is called. */
  hold(symbol: string): () => void {
    let release = (): void => undefined;
    const released = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#held.set(symbol, released);
    return () => {
      this.#held.delete(symbol);
      release();
    };
  }

  /** `kind epoch prev>seq`, the shape of a feed in a line per frame. */
  shapeOf(symbol: string): string[] {
    const epochs: string[] = [];
    return this.frames
      .filter((frame) => frame.symbol === symbol)
      .map(({ kind, epoch, prev, seq }) => {
        if (!epochs.includes(epoch)) epochs.push(epoch);
        const position = kind === 'delta' ? `${String(prev)}>${String(seq)}` : String(seq);
        return `${kind} ${String(epochs.indexOf(epoch) + 1)} ${position}`;
      });
  }

  announce(instruments: readonly FeedInstrument[]): Promise<void> {
    if (this.fault !== undefined) return Promise.reject(this.fault);
    for (const instrument of instruments) {
      const index = this.announced.findIndex(({ symbol }) => symbol === instrument.symbol);
      this.announced.splice(index < 0 ? this.announced.length : index, 1, instrument);
    }
    return Promise.resolve();
  }

  announceUnknown(instruments: readonly FeedInstrument[]): Promise<void> {
    const known = new Set(this.announced.map(({ symbol }) => symbol));
    return this.announce(instruments.filter(({ symbol }) => !known.has(symbol)));
  }

  publishSnapshot(snapshot: FeedSnapshot, fence: number): Promise<void> {
    return this.#publish({ kind: 'snapshot', ...snapshot } as Published, fence);
  }

  publishDelta(delta: FeedDelta, fence: number): Promise<void> {
    return this.#publish({ kind: 'delta', ...delta } as Published, fence);
  }

  publishPulse(pulse: FeedPulse, fence: number): Promise<void> {
    return this.#publish({ kind: 'pulse', ...pulse } as Published, fence);
  }

  listInstruments(): Promise<readonly FeedInstrument[]> {
    return Promise.resolve(this.announced);
  }

  watch(): Promise<void> {
    return Promise.reject(new Error('nobody watches a scripted bus'));
  }

  unwatch(): Promise<void> {
    return Promise.reject(new Error('nobody watches a scripted bus'));
  }

  readBook(): Promise<StoredBook | undefined> {
    return Promise.resolve(undefined);
  }

  async #publish(frame: Published, fence: number): Promise<void> {
    await this.#held.get(frame.symbol);
    if (this.fault !== undefined) throw this.fault;
    if (fence < (this.fences.get(frame.symbol) ?? 0)) throw new OutcryError('fenced', 'somebody else leads');
    this.frames.push(frame);
  }
}
