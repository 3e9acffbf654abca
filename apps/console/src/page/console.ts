import { byId, h } from '@outcry/page';

import { Refusal } from '../api/api.ts';
import { Live } from '../api/live.ts';
import { morph } from '../parts/morph.ts';
import { at } from '../parts/pieces.ts';
import type { View } from '../views/view.ts';
import { clock } from '../words/times.ts';
import { ACTIONS } from './actions.ts';
import { Confirm } from './confirm.ts';
import type { Admitted } from './entrance.ts';
import { TABS, viewOf } from './routes.ts';

const REFRESH_MS = 2000;
/** Answers to one view come one after the other: it is shown once for all that come together. */
const TOGETHER_MS = 100;

/** Shows the view of the address as it changes, or every two seconds where that cannot be had, while somebody looks. */
export class Console {
  readonly #element = byId('console', HTMLElement);
  readonly #view = byId('view', HTMLElement);
  readonly #trouble = byId('trouble', HTMLElement);
  readonly #updated = byId('updated', HTMLElement);
  readonly #admitted: Admitted;
  readonly #onLeft: (problem: string) => void;
  readonly #end = new AbortController();
  readonly #confirm = new Confirm(() => void this.#refresh(), this.#end.signal);
  readonly #live: Live;
  /** Who looks, as the gateway said of this version of what they bring. */
  #who: Admitted['who'];
  #version: number;
  #shown: View | undefined;
  /** The address that it is of. That of the window is another one before anybody is told. */
  #place = '';
  /** Counts the times that it was made: only the last one is shown. */
  #turn = 0;
  #isMaking = false;
  #hasChanged = false;
  #timer: ReturnType<typeof setTimeout> | undefined;

  /** @param onLeft the key or the sign-in is to be forgotten, with why where it was not the visitor's wish */
  constructor(admitted: Admitted, onLeft: (problem: string) => void) {
    this.#admitted = admitted;
    this.#onLeft = onLeft;
    this.#live = new Live(admitted.api, () => {
      this.#renew();
    });
    this.#who = admitted.who;
    this.#version = admitted.credential.version;
    this.#listen();
    this.#tellWho();
    byId('leave', HTMLButtonElement).textContent = admitted.credential.leave;
    this.#element.hidden = false;
    this.#go();
  }

  #listen(): void {
    const { signal } = this.#end;
    const search = byId('search-name', HTMLInputElement);
    window.addEventListener('hashchange', this.#go.bind(this), { signal });
    document.addEventListener('visibilitychange', () => void this.#refresh(), { signal });
    this.#view.addEventListener('click', (event) => void this.#act(event), { signal });
    byId('leave', HTMLButtonElement).addEventListener(
      'click',
      () => {
        this.#leave('');
      },
      { signal },
    );
    byId('search', HTMLFormElement).addEventListener(
      'submit',
      (event) => {
        event.preventDefault();
        const name = search.value.trim();
        if (name === '') return;
        location.hash = name.startsWith('#') ? at.room(name.slice(1)) : at.user(name);
        search.value = '';
      },
      { signal },
    );
  }

  #tellWho(): void {
    const { key, mayAct } = this.#who;
    const name = key.replace(/^oidc:/, '');
    byId('who', HTMLElement).textContent = mayAct ? name : `${name} · looks only`;
  }

  /** Roles are in the token, which is another one by and by. @throws Refusal */
  async #checkWho(): Promise<void> {
    const { api, credential } = this.#admitted;
    if (credential.version === this.#version) return;
    const { version } = credential;
    this.#who = await api.ask('whoami');
    this.#version = version;
    this.#tellWho();
  }

  #go(): void {
    this.#place = location.hash;
    const view = viewOf(this.#place);
    this.#shown = view;
    this.#view.removeAttribute('data-shown');
    document.title = `${view.title} · outcry console`;
    this.#showTabs(view.tab);
    this.#view.replaceChildren(h('p', { class: 'empty' }, 'Asking…'));
    window.scrollTo(0, 0);
    void this.#refresh();
  }

  #showTabs(current: string): void {
    const links = TABS.map(([name, href, text]) =>
      h('a', { href, 'aria-current': name === current ? 'page' : undefined, 'data-testid': `tab-${name}` }, text),
    );
    byId('tabs', HTMLElement).replaceChildren(...links);
  }

  /** Some answer is another one: what is being made is made again behind it. */
  #renew(): void {
    if (this.#hasChanged || this.#shown === undefined || this.#shown.isOnce === true) return;
    this.#hasChanged = true;
    if (this.#isMaking) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.#refresh(), TOGETHER_MS);
  }

  /** Makes what is shown, now and in a while again. */
  async #refresh(): Promise<void> {
    clearTimeout(this.#timer);
    this.#turn += 1;
    const turn = this.#turn;
    const view = this.#shown;
    this.#isMaking = view !== undefined && !document.hidden;
    if (view === undefined || !this.#isMaking) {
      this.#live.rest();
      return;
    }
    this.#hasChanged = false;
    const load = this.#live.begin();
    let isToBeAskedAgain = view.isOnce !== true;
    try {
      await this.#checkWho();
      const nodes = await view.load({ api: load, mayAct: this.#who.mayAct });
      if (turn !== this.#turn) return;
      this.#show(view, nodes, load.isLive);
    } catch (err) {
      if (turn !== this.#turn) return;
      if (!(err instanceof Refusal)) throw err;
      isToBeAskedAgain = this.#fail(err);
    }
    // Where the key is none, nothing is.
    if (this.#shown !== view) return;
    load.end();
    this.#isMaking = false;
    if (!isToBeAskedAgain) return;
    this.#timer = setTimeout(() => void this.#refresh(), this.#pauseMs(load.isLive));
  }

  /** What has changed meanwhile is shown soon. */
  #pauseMs(isLive: boolean): number {
    return this.#hasChanged && isLive ? TOGETHER_MS : REFRESH_MS;
  }

  #show(view: View, nodes: readonly (Node | undefined)[], isLive: boolean): void {
    const isTitled = nodes.some((node) => node instanceof Element && node.querySelector('h1') !== null);
    const title = isTitled ? undefined : h('h1', { class: 'visually-hidden' }, view.title);
    const next = h('div', {}, title, ...nodes);
    if (view.isOnce === true)
      next.append(h('button', { type: 'button', class: 'button', 'data-action': 'again' }, 'Look again'));
    morph(this.#view, next);
    this.#view.setAttribute('data-shown', this.#place);
    this.#trouble.hidden = true;
    const pace = isLive ? 'live' : `every ${String(REFRESH_MS / 1000)} s`;
    this.#updated.textContent = `As of ${clock(Date.now())}${view.isOnce === true ? '' : ` · ${pace}`}`;
  }

  /** What was there last stays to be read. Whether it is of use to ask again. */
  #fail(refusal: Refusal): boolean {
    if (refusal.code === 'unauthorized' || refusal.code === 'signedOut' || refusal.code === 'forbidden') {
      // Views do nothing but look: whoever may not do that has no role left.
      this.#leave(refusal.code === 'unauthorized' ? this.#admitted.credential.whenOver : refusal.message);
      return false;
    }
    if (refusal.code === 'malformed') {
      // Nobody, and nothing, has such a name.
      this.#view.replaceChildren(h('p', { class: 'empty' }, `This cannot be asked: ${refusal.message}.`));
      this.#view.setAttribute('data-shown', this.#place);
      this.#trouble.hidden = true;
      return false;
    }
    if (!this.#view.hasAttribute('data-shown')) {
      this.#view.replaceChildren(h('p', { class: 'empty' }, 'There is no answer yet. It is asked for again.'));
    }
    this.#updated.textContent = 'Not up to date';
    this.#trouble.textContent = `Not up to date: ${refusal.message}.`;
    this.#trouble.hidden = false;
    return true;
  }

  async #act(event: Event): Promise<void> {
    const button = event.target instanceof Element ? event.target.closest('[data-action]') : null;
    const name = button?.getAttribute('data-action') ?? '';
    if (name === 'again') {
      await this.#refresh();
      return;
    }
    const prepare = Object.hasOwn(ACTIONS, name) ? ACTIONS[name] : undefined;
    if (button === null || prepare === undefined) return;
    try {
      this.#confirm.ask(await prepare(button.getAttribute('data-subject') ?? '', this.#admitted.api));
    } catch (err) {
      if (!(err instanceof Refusal)) throw err;
      this.#confirm.say(err.message);
    }
  }

  #leave(problem: string): void {
    this.#shown = undefined;
    this.#turn += 1;
    clearTimeout(this.#timer);
    this.#live.close();
    this.#end.abort();
    this.#view.replaceChildren();
    this.#element.hidden = true;
    this.#onLeft(problem);
  }
}
