import type { Message } from '@outcry/client';

import type { Keepsake } from '../browser/keepsake.ts';

/** Where a message stands, and when a gateway took it. */
export type Mark = Pick<Message, 'epoch' | 'seq' | 'at'>;

export interface ReadMarksOptions {
  readonly keepsake: Pick<Keepsake, 'get' | 'set'>;
  /** Unix milliseconds by the gateways' clock: what is older counts as read where nothing is known of a conversation. */
  readonly since: () => number;
}

/** Up to where each conversation has been looked at, by this user in this browser, across visits. No clock of the browser's. */
export class ReadMarks {
  readonly #options: ReadMarksOptions;

  constructor(options: ReadMarksOptions) {
    this.#options = options;
  }

  isRead(user: string, conversation: string, { epoch, seq, at }: Mark): boolean {
    const { keepsake, since } = this.#options;
    const mark = toMark(keepsake.get(keyOf(user, conversation)));
    if (mark === undefined) return at <= since();
    // A room that has begun anew numbers from the start: then the gateways' times are all there is.
    return mark.epoch === epoch ? seq <= mark.seq : at <= mark.at;
  }

  mark(user: string, conversation: string, mark: Mark): void {
    if (this.isRead(user, conversation, mark)) return;
    const { epoch, seq, at } = mark;
    this.#options.keepsake.set(keyOf(user, conversation), JSON.stringify({ epoch, seq, at }));
  }
}

/** Other pages of this origin, and older versions of this one, may have written anything. */
function toMark(text = 'null'): Mark | undefined {
  try {
    const mark: unknown = JSON.parse(text);
    if (typeof mark !== 'object' || mark === null || !('epoch' in mark && 'seq' in mark && 'at' in mark))
      return undefined;
    const { epoch, seq, at } = mark;
    const isMark = typeof epoch === 'string' && typeof seq === 'number' && typeof at === 'number';
    return isMark ? { epoch, seq, at } : undefined;
  } catch {
    return undefined;
  }
}

/** Names may hold any character: only quoted do two never look like another two. */
function keyOf(user: string, conversation: string): string {
  return `outcry.read.${JSON.stringify([user, conversation])}`;
}
