import { byId, setText } from '@outcry/page';

import type { Announcement } from '../../conversations/announcements.ts';
import type { Session } from '../../session.ts';
import { clockTime, fullTime } from '../parts/times.ts';

/** Above everything: what the server has told everybody, until it is put away. */
export class AnnouncementView {
  readonly #session: Session;
  readonly #notice = byId('announcement', HTMLElement);
  readonly #text = byId('announcement-text', HTMLElement);
  readonly #time = byId('announcement-time', HTMLTimeElement);
  #shown: readonly Announcement[] = [];

  constructor(session: Session) {
    this.#session = session;
    byId('announcement-dismiss', HTMLButtonElement).addEventListener('click', () => {
      session.announcements.dismiss();
      byId('chat-input', HTMLElement).focus({ preventScroll: true });
    });
  }

  render(): void {
    const { waiting } = this.#session.announcements;
    if (waiting === this.#shown) return;
    this.#shown = waiting;
    this.#notice.hidden = waiting.length === 0;
    setText(this.#text, waiting.map(({ text }) => text).join('\n'));
    const newest = waiting.at(-1);
    if (newest === undefined) return;
    setText(this.#time, clockTime(newest.at));
    this.#time.dateTime = new Date(newest.at).toISOString();
    this.#time.title = fullTime(newest.at);
  }
}
