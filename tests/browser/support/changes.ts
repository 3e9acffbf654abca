import { withDeadline } from '@outcry/testkit';

import { DEADLINE_MS } from './scale.ts';

interface Waiter {
  readonly isTrue: () => boolean;
  readonly resolve: () => void;
}

/** Lets tests wait until something holds, looked at whenever there is news of what it depends on. */
export class Changes {
  readonly #waiters = new Set<Waiter>();

  /** Something has changed. */
  tell(): void {
    for (const waiter of this.#waiters) {
      if (!waiter.isTrue()) continue;
      this.#waiters.delete(waiter);
      waiter.resolve();
    }
  }

  /** @throws DeadlineError with what `describe` says then */
  async until(isTrue: () => boolean, describe: () => string, deadlineMs = DEADLINE_MS): Promise<void> {
    if (isTrue()) return;
    let waiter: Waiter | undefined;
    const held = new Promise<void>((resolve) => {
      waiter = { isTrue, resolve };
      this.#waiters.add(waiter);
    });
    try {
      await withDeadline(held, { deadlineMs, describe });
    } finally {
      if (waiter !== undefined) this.#waiters.delete(waiter);
    }
  }
}
