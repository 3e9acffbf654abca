import { NodeState } from '../memory/node-state.ts';
import type { ControlBus } from './bus.ts';
import type { MemoryNotices } from './memory-notices.ts';

/** The notices of a hub as one node of it tells and hears them. */
export class MemoryControlBus implements ControlBus {
  readonly #notices: MemoryNotices;
  readonly #state = new NodeState();
  #watch: ((notice: string) => void) | undefined;

  constructor(notices: MemoryNotices) {
    this.#notices = notices;
  }

  start(): void {
    this.#state.start();
  }

  tell(notice: string): Promise<number> {
    return this.#state.run(() => this.#notices.tell(notice));
  }

  watch(onNotice: (notice: string) => void): Promise<void> {
    return this.#state.run(() => {
      this.#unwatch();
      const watch = (notice: string): void => {
        setImmediate(() => {
          if (this.#watch === watch) onNotice(notice);
        });
      };
      this.#watch = watch;
      this.#notices.watch(watch);
    });
  }

  close(): void {
    this.#state.close();
    this.#unwatch();
  }

  #unwatch(): void {
    if (this.#watch !== undefined) this.#notices.unwatch(this.#watch);
    this.#watch = undefined;
  }
}
