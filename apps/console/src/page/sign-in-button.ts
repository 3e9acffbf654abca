import { byId } from '@outcry/page';

import { type Door, hostOf, isOpen } from '../login/door.ts';
import { beginSignIn } from '../login/sign-in.ts';

/** The way to the provider, where there is one. */
export class SignInButton {
  readonly #element = byId('sign-in', HTMLElement);
  readonly #button = byId('sign-in-button', HTMLButtonElement);
  readonly #hint = byId('sign-in-hint', HTMLElement);
  readonly #isKept: () => boolean;
  #door: Door | undefined;

  /** @param isKept whether the sign-in is to be kept in this tab */
  constructor(isKept: () => boolean) {
    this.#isKept = isKept;
    this.#button.addEventListener('click', () => {
      if (this.#door !== undefined && isOpen(this.#door)) void beginSignIn(this.#door, this.#isKept());
    });
  }

  show(door: Door | undefined): void {
    this.#door = door;
    this.#element.hidden = door === undefined;
    if (door === undefined) return;
    const problem = problemOf(door);
    this.#button.textContent = `Sign in with ${hostOf(door)}`;
    this.#button.disabled = problem !== undefined;
    this.#hint.textContent = problem ?? 'What you may do is what your roles there say.';
  }
}

/** Why nobody can sign in now; undefined where they can. */
function problemOf(door: Door): string | undefined {
  if (!isOpen(door))
    return `The gateway has not reached ${hostOf(door)} yet, so nobody can sign in: reload in a moment.`;
  // There is no hash for PKCE outside of one.
  if (!window.isSecureContext) return 'Signing in needs https, or localhost: this page was loaded over an open line.';
  return undefined;
}
