import { byId } from '@outcry/page';

import type { Answers } from '../api/answers.ts';
import { Api, Refusal } from '../api/api.ts';
import type { Credential } from '../api/credential.ts';
import { isKey, Key } from '../api/key.ts';
import { findDoor, isOpen, type OpenDoor } from '../login/door.ts';
import { finishSignIn, type Return, takeReturn } from '../login/sign-in.ts';
import { SignedIn } from '../login/signed-in.ts';
import { SignInButton } from './sign-in-button.ts';

export interface Admitted {
  readonly api: Api;
  readonly credential: Credential;
  readonly who: Answers['whoami'];
}

/** Asks for a key, or for a sign-in, until one is taken. */
export class Entrance {
  readonly #element = byId('entrance', HTMLElement);
  readonly #form = byId('key-form', HTMLFormElement);
  readonly #input = byId('key', HTMLInputElement);
  readonly #keep = byId('keep', HTMLInputElement);
  readonly #problem = byId('key-problem', HTMLElement);
  readonly #signIn = new SignInButton(() => this.#keep.checked);
  readonly #onAdmitted: (admitted: Admitted) => void;

  constructor(onAdmitted: (admitted: Admitted) => void) {
    this.#onAdmitted = onAdmitted;
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#tryKey(this.#input.value.trim());
    });
  }

  /** Goes in with what somebody has come back with from the provider, or this tab has kept; else asks. */
  async start(): Promise<void> {
    const back = takeReturn();
    const isDoorNeeded = back !== undefined || SignedIn.isKept();
    if (!isDoorNeeded) this.#tryKept();
    const door = await findDoor();
    this.#signIn.show(door);
    if (!isDoorNeeded) return;
    if (door === undefined || !isOpen(door)) this.#show('The gateway does not say at the moment where people sign in');
    else await this.#comeThrough(door, back);
  }

  /** Asks, and says why. Nothing that this tab has kept counts any more. */
  open(problem: string): void {
    forgetAll();
    this.#show(problem);
  }

  #tryKept(): void {
    const key = Key.kept();
    if (key === undefined) this.#show('');
    else void this.#try(key, true);
  }

  /** @param back undefined for a sign-in that this tab has kept */
  async #comeThrough(door: OpenDoor, back: Return | undefined): Promise<void> {
    try {
      const signedIn = back === undefined ? SignedIn.kept(door) : await finishSignIn(door, back);
      await this.#try(signedIn, back === undefined || back.begun?.isKept === true);
    } catch (err) {
      this.#refuse(err);
    }
  }

  async #tryKey(text: string): Promise<void> {
    if (isKey(text)) await this.#try(new Key(text), this.#keep.checked);
    else this.#show(text === '' ? 'Enter a key' : 'A key has no blanks and no letters beyond ASCII');
  }

  async #try(credential: Credential, isKept: boolean): Promise<void> {
    const api = new Api(credential);
    try {
      const who = await api.ask('whoami');
      forgetAll();
      if (isKept) credential.keep();
      this.#input.value = '';
      this.#element.hidden = true;
      this.#onAdmitted({ api, credential, who });
    } catch (err) {
      this.#refuse(err, credential);
    }
  }

  #refuse(err: unknown, credential?: Credential): void {
    if (!(err instanceof Refusal)) throw err;
    const { code, message } = err;
    if (code === 'unauthorized') this.open(credential instanceof Key ? 'That is no key of this cluster' : message);
    else if (code === 'signedOut' || code === 'forbidden') this.open(message);
    else this.#show(message);
  }

  #show(problem: string): void {
    this.#element.hidden = false;
    this.#problem.textContent = problem;
    this.#input.focus();
  }
}

function forgetAll(): void {
  Key.forget();
  SignedIn.forget();
}
