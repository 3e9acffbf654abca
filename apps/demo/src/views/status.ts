import type { ConnectionStatus } from '../connection.ts';
import { byId, setText } from './dom.ts';

const COUNTDOWN_MS = 250;

export interface StatusViewOptions {
  /** The visitor does not want to wait, or wants to try again after the end. */
  readonly onRetry: () => void;
}

/** The pill in the top bar: what the connection is doing, without gloss. */
export class StatusView {
  readonly #pill = byId('status', HTMLElement);
  readonly #text = byId('status-text', HTMLElement);
  readonly #detail = byId('status-detail', HTMLElement);
  readonly #retry = byId('status-retry', HTMLButtonElement);
  #countdown: ReturnType<typeof setInterval> | undefined;

  constructor({ onRetry }: StatusViewOptions) {
    this.#retry.addEventListener('click', onRetry);
  }

  show(status: ConnectionStatus): void {
    clearInterval(this.#countdown);
    const isLagging = status.state === 'live' && status.isLagging;
    this.#pill.dataset['state'] = isLagging ? 'lagging' : status.state;
    setText(this.#retry, status.state === 'closed' ? 'Connect again' : 'Try now');
    this.#retry.hidden = status.state === 'live' || status.state === 'connecting';
    this.#describe(status);
    if (status.state === 'reconnecting') {
      this.#countdown = setInterval(() => {
        this.#describe(status);
      }, COUNTDOWN_MS);
    }
  }

  #describe(status: ConnectionStatus): void {
    const [text, detail] = describe(status);
    setText(this.#text, text);
    setText(this.#detail, detail);
  }
}

/** The text is read out when it changes; the detail, which may count down, is not. */
function describe(status: ConnectionStatus): [text: string, detail: string] {
  switch (status.state) {
    case 'connecting':
      return ['Connecting…', ''];
    case 'live':
      return status.isLagging ? ['Lagging', 'this device reads too slowly'] : ['Live', `on ${status.node}`];
    case 'reconnecting': {
      const seconds = Math.max(0, Math.ceil((status.retryAt - Date.now()) / 1_000));
      return ['Reconnecting', `in ${String(seconds)} s`];
    }
    case 'closed':
      return ['Disconnected', status.reason];
  }
}
