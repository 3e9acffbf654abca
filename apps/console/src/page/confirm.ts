import { byId, h } from '@outcry/page';

import { Refusal } from '../api/api.ts';
import type { Action } from './actions.ts';

const SAID_MS = 6000;
const MAX_REASON = 200;
/** What the log has where nobody says why. */
const NO_REASON = 'from the console';

/** Has an action confirmed, with a reason for the log, and says what became of it. */
export class Confirm {
  readonly #dialog = byId('confirm', HTMLDialogElement);
  readonly #title = byId('confirm-title', HTMLElement);
  readonly #body = byId('confirm-body', HTMLElement);
  readonly #problem = byId('confirm-problem', HTMLElement);
  readonly #yes = byId('confirm-yes', HTMLButtonElement);
  readonly #no = byId('confirm-no', HTMLButtonElement);
  readonly #said = byId('said', HTMLElement);
  readonly #onDone: () => void;
  readonly #reason = h('input', { id: 'reason', maxlength: MAX_REASON, 'data-testid': 'reason' });
  #action: Action | undefined;

  /** @param onDone something has changed: what is on the screen is asked for again */
  constructor(onDone: () => void, signal: AbortSignal) {
    this.#onDone = onDone;
    const close = (): void => {
      this.#dialog.close();
    };
    const clear = (): void => {
      this.#action = undefined;
      this.#body.replaceChildren();
    };
    const submit = (event: Event): void => {
      event.preventDefault();
      if (this.#action !== undefined) void this.#run(this.#action);
    };
    this.#no.addEventListener('click', close, { signal });
    this.#dialog.addEventListener('close', clear, { signal });
    byId('confirm-form', HTMLFormElement).addEventListener('submit', submit, { signal });
    signal.addEventListener('abort', close);
  }

  ask(action: Action): void {
    this.#action = action;
    this.#title.textContent = action.title;
    this.#problem.textContent = '';
    this.#reason.value = '';
    this.#yes.hidden = action.isIdle === true;
    this.#yes.disabled = false;
    this.#yes.textContent = action.verb;
    this.#no.textContent = action.isIdle === true ? 'Close' : 'Cancel';
    const reason = h(
      'label',
      { class: 'field' },
      h('span', { class: 'field-label' }, 'Why, for the log'),
      this.#reason,
    );
    this.#body.replaceChildren(...action.body, ...(action.isIdle === true ? [] : [reason]));
    this.#dialog.showModal();
    // The safe one: whoever presses return at once has confirmed nothing.
    this.#no.focus();
  }

  /** A line that goes by itself. */
  say(words: string): void {
    this.#said.textContent = words;
    setTimeout(() => {
      if (this.#said.textContent === words) this.#said.textContent = '';
    }, SAID_MS);
  }

  async #run(action: Action): Promise<void> {
    this.#yes.disabled = true;
    try {
      this.say(await action.run(this.#reason.value.trim() === '' ? NO_REASON : this.#reason.value.trim()));
      this.#dialog.close();
      this.#onDone();
    } catch (err) {
      if (!(err instanceof Refusal)) throw err;
      this.#problem.textContent = err.message;
      this.#yes.disabled = false;
    }
  }
}
