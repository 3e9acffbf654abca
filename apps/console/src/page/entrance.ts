import { byId } from '@outcry/page';

import { Api, Refusal } from '../api/api.ts';
import type { Answers } from '../api/answers.ts';
import { forgetKey, isKey, keepKey, keptKey } from '../api/key.ts';

export interface Admitted {
  readonly api: Api;
  readonly who: Answers['whoami'];
}

/** Asks for a key until one is taken. */
export class Entrance {
  readonly #element = byId('entrance', HTMLElement);
  readonly #form = byId('key-form', HTMLFormElement);
  readonly #input = byId('key', HTMLInputElement);
  readonly #keep = byId('keep', HTMLInputElement);
  readonly #problem = byId('key-problem', HTMLElement);
  readonly #onAdmitted: (admitted: Admitted) => void;

  constructor(onAdmitted: (admitted: Admitted) => void) {
    this.#onAdmitted = onAdmitted;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#try(this.#input.value.trim(), this.#keep.checked);
    });
  }

  /** Goes in with the key that this tab has kept, or asks for one. */
  open(problem = ''): void {
    const kept = keptKey();
    if (kept === undefined) this.#show(problem);
    else void this.#try(kept, true);
  }

  async #try(key: string, isKept: boolean): Promise<void> {
    if (!isKey(key)) {
      this.#show(key === '' ? 'Enter a key' : 'A key has no blanks and no letters beyond ASCII');
      return;
    }
    const api = new Api(key);
    try {
      const who = await api.ask('whoami');
      if (isKept) keepKey(key);
      this.#input.value = '';
      this.#element.hidden = true;
      this.#onAdmitted({ api, who });
    } catch (err) {
      if (!(err instanceof Refusal)) throw err;
      if (err.code === 'unauthorized') forgetKey();
      this.#show(err.code === 'unauthorized' ? 'That is no key of this cluster' : err.message);
    }
  }

  #show(problem: string): void {
    this.#element.hidden = false;
    this.#problem.textContent = problem;
    this.#input.focus();
  }
}
