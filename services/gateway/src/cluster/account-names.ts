import type { ControlBus } from '@outcry/broker';

import { encodeControlNotice } from './control-notice.ts';

/**
 * The names that people have registered since this process began. Where others are taken on trust, accounts live as long as the
 * process and are nobody else's, so these are all of them.
 */
export class AccountNames {
  readonly #names = new Set<string>();
  readonly #control: ControlBus;

  constructor(control: ControlBus) {
    this.#control = control;
  }

  get all(): ReadonlySet<string> {
    return this.#names;
  }

  /** From here on the name is its owner's alone: whoever came in under it on trust has to go. */
  async claim(user: string): Promise<void> {
    this.#names.add(user);
    await this.#control.tell(encodeControlNotice({ kind: 'disconnect', user, mayReturn: false }));
  }
}
