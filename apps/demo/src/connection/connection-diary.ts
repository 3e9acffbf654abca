import type { ClientStatus } from '@outcry/client';
import { CLOSE_CODES } from '@outcry/protocol';

import { durationText } from '../text/duration.ts';

const MAX_NOTES = 30;

export interface DiaryNote {
  /** Unix milliseconds. */
  readonly at: number;
  readonly kind: 'good' | 'trouble' | 'end';
  readonly text: string;
}

/** What has become of the connection, newest first, in words for people. Attempts are counted, not listed. */
export class ConnectionDiary {
  readonly #monotonicMs: () => number;
  #notes: readonly DiaryNote[] = [];
  #lostSince: number | undefined;
  #wasLagging = false;

  constructor(monotonicMs: () => number) {
    this.#monotonicMs = monotonicMs;
  }

  get notes(): readonly DiaryNote[] {
    return this.#notes;
  }

  /** `at` is what the note shows, in Unix milliseconds; how long things last is measured. */
  record(status: ClientStatus, at: number): void {
    switch (status.state) {
      case 'connecting':
        return;
      case 'connected':
        this.#connected(status, at);
        return;
      case 'reconnecting':
        if (this.#lostSince !== undefined) return;
        this.#lostSince = this.#monotonicMs();
        this.#wasLagging = false;
        this.#add({
          at,
          kind: 'trouble',
          text: isRestart(status) ? 'The gateway is shutting down: moving to another' : status.error.message,
        });
        return;
      case 'closed':
        this.#add({ at, kind: 'end', text: status.error?.message ?? 'Closed' });
    }
  }

  #connected({ node, isLagging, isDraining }: Extract<ClientStatus, { state: 'connected' }>, at: number): void {
    // The loss, which comes next, tells it.
    if (isDraining) return;
    if (isLagging !== this.#wasLagging) {
      this.#wasLagging = isLagging;
      if (isLagging) this.#add({ at, kind: 'trouble', text: 'This page reads too slowly: books stand still' });
      else this.#add({ at, kind: 'good', text: 'Caught up' });
      return;
    }
    const since = this.#lostSince;
    const away = since === undefined ? '' : `, after ${durationText(this.#monotonicMs() - since)}`;
    this.#lostSince = undefined;
    this.#add({ at, kind: 'good', text: `Connected to ${node}${away}` });
  }

  #add({ text, ...note }: DiaryNote): void {
    const sentence = text.slice(0, 1).toUpperCase() + text.slice(1);
    this.#notes = [{ ...note, text: sentence }, ...this.#notes].slice(0, MAX_NOTES);
  }
}

/** A gateway that drains closes with this; the client moves to another. */
export function isRestart({ error }: Extract<ClientStatus, { state: 'reconnecting' }>): boolean {
  return error.closeCode === CLOSE_CODES.restart.code;
}
