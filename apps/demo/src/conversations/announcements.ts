import type { Client, Message } from '@outcry/client';

import { readPayload } from './chat-message.ts';
import type { Mark, ReadMarks } from './read-marks.ts';

/** Past it the oldest go: nobody reads so many. */
const MAX_WAITING = 20;
const CONVERSATION = 'room:@all';

export interface Announcement extends Mark {
  readonly text: string;
}

export interface AnnouncementsOptions {
  readonly client: Client;
  readonly user: () => string;
  readonly readMarks: ReadMarks;
  readonly onChange: () => void;
}

/** What the server tells everybody, until it is put away, in this browser for good. */
export class Announcements {
  readonly #options: AnnouncementsOptions;
  #waiting: readonly Announcement[] = [];

  constructor(options: AnnouncementsOptions) {
    this.#options = options;
    const room = options.client.announcements({ history: MAX_WAITING, onMessage: this.#receive.bind(this) });
    // A client that is closed says so itself.
    room.joined.catch(() => undefined);
  }

  /** Those that nobody has put away, oldest first. */
  get waiting(): readonly Announcement[] {
    return this.#waiting;
  }

  /** Puts the newest away, and with it all that was said before. */
  dismiss(): void {
    const { readMarks, user, onChange } = this.#options;
    const newest = this.#waiting.at(-1);
    if (newest !== undefined) readMarks.mark(user(), CONVERSATION, newest);
    this.#waiting = [];
    onChange();
  }

  #receive({ data, epoch, seq, at }: Message): void {
    const { readMarks, user, onChange } = this.#options;
    const announcement = { text: readPayload(data).text, epoch, seq, at };
    if (readMarks.isRead(user(), CONVERSATION, announcement)) return;
    // What came while nobody knew of anything older is shown again by the next visit, until it is put away.
    if (this.#waiting.length === 0) readMarks.mark(user(), CONVERSATION, { epoch, seq: seq - 1, at: at - 1 });
    this.#waiting = [...this.#waiting, announcement].slice(-MAX_WAITING);
    onChange();
  }
}
