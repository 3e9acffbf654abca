import { byId, setText } from '@outcry/page';

import { passwordProblem } from '../../visit/accounts.ts';
import { isolated } from '../../text/bidi.ts';
import type { Session } from '../../session.ts';
import { Field } from '../parts/field.ts';

/** Asks for the password when a token is about to end, and goes on asking when it has: nothing of the page is lost by it. */
export class LoginAgainView {
  readonly #session: Session;
  readonly #form = byId('login-again', HTMLFormElement);
  readonly #text = byId('login-again-text', HTMLElement);
  readonly #user = byId('login-again-user', HTMLInputElement);
  readonly #password = new Field('login-again-password', passwordProblem);
  readonly #submit = byId('login-again-submit', HTMLButtonElement);

  constructor(session: Session) {
    this.#session = session;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#renew();
    });
  }

  render(): void {
    const { accountToken, client } = this.#session;
    this.#form.hidden = accountToken?.isAsking !== true;
    if (accountToken === undefined || this.#form.hidden) return;
    const { user } = accountToken;
    this.#user.value = user;
    const isEnding = client.status.state === 'connected';
    const ending = 'Your login is about to end. Your password keeps you here.';
    setText(
      this.#text,
      isEnding ? ending : `Your login has ended. Your password brings you back as ${isolated(user)}.`,
    );
  }

  async #renew(): Promise<void> {
    if (!this.#password.check()) return;
    this.#submit.disabled = true;
    try {
      await this.#session.renewLogin(this.#password.value);
      this.#password.value = '';
    } catch (error) {
      this.#password.say(error instanceof Error ? error.message : String(error));
    } finally {
      this.#submit.disabled = false;
    }
  }
}
