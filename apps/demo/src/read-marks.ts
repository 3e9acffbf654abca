/** Up to when each conversation has been looked at, by this user in this browser, across visits. */
export class ReadMarks {
  readonly #storage: Pick<Storage, 'getItem' | 'setItem'>;
  readonly #since: number;

  /** What came before `since`, in Unix milliseconds, counts as read where nothing is known of a conversation. */
  constructor(storage: Pick<Storage, 'getItem' | 'setItem'>, since: number) {
    this.#storage = storage;
    this.#since = since;
  }

  isRead(user: string, conversation: string, at: number): boolean {
    const mark = Number(this.#storage.getItem(keyOf(user, conversation)) ?? this.#since);
    return at <= mark;
  }

  mark(user: string, conversation: string, at: number): void {
    if (!this.isRead(user, conversation, at)) this.#storage.setItem(keyOf(user, conversation), String(at));
  }
}

function keyOf(user: string, conversation: string): string {
  return `outcry.read.${user}.${conversation}`;
}
