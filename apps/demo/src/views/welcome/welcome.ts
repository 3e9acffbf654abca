import { byId, setText } from '@outcry/page';

import { passwordProblem, requestAdmission } from '../../visit/accounts.ts';
import type { Doors } from '../../visit/doors.ts';
import { accountNameProblem, guestNameProblem, roomProblem, toAccountName, toName } from '../../visit/names.ts';
import type { Expectation, Identity, Visit } from '../../visit/visit.ts';
import { Field } from '../parts/field.ts';

type Way = 'guest' | 'login' | 'register';

const SUBMIT: Readonly<Record<Way, string>> = {
  guest: 'Step into the pit',
  login: 'Log in',
  register: 'Register and step in',
};

/** Shows the form with what is known already, and resolves with a visitor whom the gateway lets in. */
export function askVisitor(known: Expectation, doors: Doors): Promise<Visit> {
  return new Promise((resolve) => {
    new Welcome(known, doors, resolve).show();
  });
}

/** The first page: a name and a room, with a password where there are accounts. */
class Welcome {
  readonly #doors: Doors;
  readonly #onVisit: (visit: Visit) => void;
  readonly #form = byId('join-form', HTMLFormElement);
  readonly #submit = byId('join-submit', HTMLButtonElement);
  readonly #name = new Field(
    'join-name',
    (name) => (this.#way === 'guest' ? guestNameProblem(name) : accountNameProblem(name)),
    (typed) => (this.#way === 'guest' ? toName(typed) : toAccountName(typed)),
  );
  readonly #password = new Field('join-password', passwordProblem);
  readonly #room = new Field('join-room', roomProblem, toName);
  #way: Way;

  constructor(known: Expectation, doors: Doors, onVisit: (visit: Visit) => void) {
    this.#doors = doors;
    this.#onVisit = onVisit;
    this.#way = doors.strangers === 'none' && doors.hasAccounts ? 'login' : 'guest';
    this.#name.value = known.name;
    this.#room.value = known.room;
    if (known.name !== '') this.#name.check();
  }

  show(): void {
    byId('welcome', HTMLElement).hidden = false;
    this.#offerWays();
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      void this.#tryToEnter();
    });
    this.#take(this.#way);
    this.#name.focus();
  }

  #offerWays(): void {
    const ways = byId('join-ways', HTMLFieldSetElement);
    const hasStrangers = this.#doors.strangers !== 'none';
    ways.hidden = !this.#doors.hasAccounts;
    byId('join-locked', HTMLElement).hidden = hasStrangers || this.#doors.hasAccounts;
    this.#form.hidden = !hasStrangers && !this.#doors.hasAccounts;
    for (const input of ways.querySelectorAll('input')) {
      const way = toWay(input.value);
      input.checked = way === this.#way;
      if (way === 'guest' && !hasStrangers) input.closest('label')?.remove();
      input.addEventListener('change', () => {
        this.#take(way);
      });
    }
  }

  #take(way: Way): void {
    this.#way = way;
    this.#name.isShown = way !== 'guest' || this.#doors.strangers === 'trusted';
    this.#name.autocomplete = way === 'guest' ? 'off' : 'username';
    this.#password.isShown = way !== 'guest';
    this.#password.autocomplete = way === 'register' ? 'new-password' : 'current-password';
    setText(this.#submit, SUBMIT[way]);
  }

  async #tryToEnter(): Promise<void> {
    const isNameless = this.#way === 'guest' && this.#doors.strangers === 'guest';
    const checks = [
      this.#room.check(),
      this.#way === 'guest' || this.#password.check(),
      isNameless || this.#name.check(),
    ];
    if (checks.includes(false)) return;
    this.#submit.disabled = true;
    try {
      const identity = await this.#identify();
      byId('welcome', HTMLElement).hidden = true;
      this.#onVisit({ identity, room: this.#room.value });
    } catch (error) {
      this.#name.say(error instanceof Error ? error.message : String(error));
    } finally {
      this.#submit.disabled = false;
    }
  }

  async #identify(): Promise<Identity> {
    if (this.#way === 'guest') {
      return this.#doors.strangers === 'guest' ? { kind: 'guest' } : { kind: 'name', name: this.#name.value };
    }
    const credentials = { user: this.#name.value, password: this.#password.value };
    return { kind: 'account', admission: await requestAdmission(this.#way, credentials) };
  }
}

function toWay(value: string): Way {
  return value === 'login' || value === 'register' ? value : 'guest';
}
