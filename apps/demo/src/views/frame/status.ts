import { byId, h, setText } from '@outcry/page';

import { type ConnectionSummary, summarize } from '../../connection/connection-summary.ts';
import type { Session } from '../../session.ts';
import { preciseTime } from '../parts/times.ts';

const COUNTDOWN_MS = 250;

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
    const { client, accountToken } = this.#session;
    const { status } = client;
    const isLoggedOut = status.state === 'reconnecting' && accountToken?.isAsking === true;
    setText(this.#retry, status.state === 'closed' ? 'Connect again' : 'Try now');
    this.#retry.hidden = status.state === 'connected' || status.state === 'connecting' || isLoggedOut;
    if (status.state === 'connected' && status.node !== this.#node) this.measure();
    this.#node = status.state === 'connected' ? status.node : '';
    clearInterval(this.#countdown);
    const show = (): void => {
      this.#show(summarize(status, { now: client.now(), isLoggedOut, stale: this.#session.stale }));
    };
    show();
    if (status.state === 'reconnecting') this.#countdown = setInterval(show, COUNTDOWN_MS);
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

  #show({ state, text, detail }: ConnectionSummary): void {
    this.#pill.dataset['state'] = state;
    setText(this.#text, text);
    setText(this.#detail, detail);
    if (this.#node === '') setText(this.#trip, 'No gateway at the moment');
    else if (this.#tripMs !== undefined) setText(this.#trip, `${this.#tripMs.toFixed(1)} ms to the gateway and back`);
  }

  #showNotes(): void {
    const { notes } = this.#session.diary;
    if (notes === this.#shownNotes) return;
    this.#shownNotes = notes;
    this.#notes.replaceChildren(
      ...notes.map(({ at, kind, text }) => {
        const note = h('li', { class: `note note-${kind}` }, h('time', { class: 'note-time' }, preciseTime(at)), text);
        note.dataset['testid'] = 'diary-note';
        return note;
      }),
    );
  }
}
