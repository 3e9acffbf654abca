import type { ClientStatus } from '@outcry/client';

import { isRestart } from '../connection-diary.ts';
import type { Session } from '../session.ts';
import { byId, create, setText } from './dom.ts';
import { preciseTime } from './times.ts';

const COUNTDOWN_MS = 250;
const MOVING = 'Moving to another server';

/** The pill in the top bar: what the connection is doing, without gloss, and what has become of it so far. */
export class StatusView {
  readonly #session: Session;
  readonly #pill = byId('status', HTMLElement);
  readonly #text = byId('status-text', HTMLElement);
  readonly #detail = byId('status-detail', HTMLElement);
  readonly #retry = byId('status-retry', HTMLButtonElement);
  readonly #notes = byId('diary-notes', HTMLOListElement);
  readonly #trip = byId('diary-trip', HTMLElement);
  #countdown: ReturnType<typeof setInterval> | undefined;
  #shownNotes: Session['diary']['notes'] = [];
  #node = '';
  #tripMs: number | undefined;

  constructor(session: Session, onComeAgain: () => void) {
    this.#session = session;
    this.#retry.addEventListener('click', () => {
      if (session.client.status.state === 'closed') onComeAgain();
      else session.client.tryNow();
    });
  }

  render(): void {
    const { status } = this.#session.client;
    this.#pill.dataset['state'] = stateOf(status);
    setText(this.#retry, status.state === 'closed' ? 'Connect again' : 'Try now');
    this.#retry.hidden = status.state === 'connected' || status.state === 'connecting' || this.#isLoggedOut;
    if (status.state === 'connected' && status.node !== this.#node) this.measure();
    this.#node = status.state === 'connected' ? status.node : '';
    this.#describe(status);
    this.#showNotes();
  }

  /** Measures the way to the gateway and back, where there is one. */
  measure(): void {
    const { client } = this.#session;
    this.#tripMs = undefined;
    if (client.status.state !== 'connected' || document.visibilityState !== 'visible') return;
    client.ping().then(
      (ms) => {
        this.#tripMs = ms;
        this.render();
      },
      // The loss of the connection shows by itself.
      () => undefined,
    );
  }

  /** Nothing but the password brings the connection back. */
  get #isLoggedOut(): boolean {
    const { client, accountToken } = this.#session;
    return client.status.state === 'reconnecting' && accountToken?.isAsking === true;
  }

  #describe(status: ClientStatus): void {
    clearInterval(this.#countdown);
    const show = (): void => {
      const [text, detail] = this.#isLoggedOut ? ['Login has ended', ''] : describe(status);
      setText(this.#text, text);
      setText(this.#detail, detail);
    };
    show();
    if (status.state === 'reconnecting') this.#countdown = setInterval(show, COUNTDOWN_MS);
    if (this.#tripMs !== undefined) setText(this.#trip, `${this.#tripMs.toFixed(1)} ms to the gateway and back`);
    if (status.state !== 'connected') setText(this.#trip, 'No gateway at the moment');
  }

  #showNotes(): void {
    const { notes } = this.#session.diary;
    if (notes === this.#shownNotes) return;
    this.#shownNotes = notes;
    this.#notes.replaceChildren(
      ...notes.map(({ at, kind, text }) => {
        const note = create('li', `note note-${kind}`, create('time', 'note-time', preciseTime(at)), text);
        note.dataset['testid'] = 'diary-note';
        return note;
      }),
    );
  }
}

function stateOf(status: ClientStatus): string {
  if (status.state !== 'connected') return status.state;
  if (status.isDraining) return 'reconnecting';
  return status.isLagging ? 'lagging' : 'live';
}

/** The text is read out when it changes; the detail, which may count down, is not. */
function describe(status: ClientStatus): [text: string, detail: string] {
  switch (status.state) {
    case 'connecting':
      return ['Connecting…', ''];
    case 'connected':
      if (status.isDraining) return [MOVING, `${status.node} shuts down`];
      return status.isLagging ? ['Lagging', 'this page reads too slowly'] : ['Live', `on ${status.node}`];
    case 'reconnecting': {
      const text = isRestart(status) ? MOVING : 'Reconnecting';
      if (status.retryAt === undefined) return [text, 'now…'];
      const seconds = Math.max(0, Math.ceil((status.retryAt - Date.now()) / 1_000));
      return [text, `in ${String(seconds)} s`];
    }
    case 'closed':
      return ['Disconnected', status.error?.message ?? ''];
  }
}
