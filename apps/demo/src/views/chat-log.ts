import type { Conversation } from '../conversation.ts';
import type { Entry, MessageEntry } from '../timeline.ts';
import { createAvatar, paintAuthor } from './author.ts';
import { create } from './dom.ts';
import { clockTime, dayName, dayOf, fullTime } from './times.ts';

/** Messages of one author within this time share one heading. */
const GROUP_MS = 5 * 60_000;

/** One line of the log: its node is made anew only when the signature changes. */
interface Line {
  readonly id: string;
  readonly signature: string;
  readonly create: () => HTMLElement;
}

interface LineNode {
  readonly signature: string;
  readonly node: HTMLElement;
}

/** Keeps the list of messages equal to the room's entries, and touches only the lines that differ. */
export class ChatLog {
  readonly #conversation: Conversation;
  readonly #list: HTMLElement;
  #nodes = new Map<string, LineNode>();

  constructor(conversation: Conversation, list: HTMLElement) {
    this.#conversation = conversation;
    this.#list = list;
    list.replaceChildren();
  }

  render(): void {
    const nodes = new Map<string, LineNode>();
    let place = this.#list.firstElementChild;
    for (const line of this.#lines()) {
      const known = this.#nodes.get(line.id);
      const node = known?.signature === line.signature ? known.node : line.create();
      nodes.set(line.id, { signature: line.signature, node });
      if (node === place) place = place.nextElementSibling;
      else this.#list.insertBefore(node, place);
    }
    for (const [id, { node }] of this.#nodes) {
      if (nodes.get(id)?.node !== node) node.remove();
    }
    this.#nodes = nodes;
  }

  #lines(): Line[] {
    const lines: Line[] = [];
    let before: Entry | undefined;
    for (const entry of this.#conversation.timeline.entries) {
      if (entry.kind === 'divider') {
        lines.push({ id: entry.id, signature: '', create: () => createDivider(entry.isGap) });
      } else {
        const day = dayOf(entry.at);
        const isNewDay = before?.kind !== 'message' ? before === undefined : dayOf(before.at) !== day;
        if (isNewDay) lines.push({ id: `day:${String(day)}`, signature: dayName(day), create: () => createDay(day) });
        const isFirst = isNewDay || !isSameGroup(before, entry);
        lines.push(this.#messageLine(entry, isFirst));
      }
      before = entry;
    }
    return lines;
  }

  #messageLine(entry: MessageEntry, isFirst: boolean): Line {
    // A message that the gateway has stored looks like one that everybody has been shown.
    const state = entry.state === 'stored' ? 'shown' : entry.state;
    const note = state === 'sending' ? String(this.#conversation.isJoined) : (entry.problem ?? '');
    const signature = [state, String(isFirst), clockTime(entry.at), note].join('|');
    return { id: entry.id, signature, create: () => this.#createMessage(entry, isFirst) };
  }

  #createMessage(entry: MessageEntry, isFirst: boolean): HTMLElement {
    const isOwn = entry.from === this.#conversation.user;
    const item = create('li', `message${isFirst ? ' is-first' : ''}${isOwn ? ' is-own' : ''}`);
    item.dataset['testid'] = 'message';
    item.dataset['from'] = entry.from;
    item.dataset['state'] = entry.state;
    paintAuthor(item, entry.from);
    const time = create('time', 'message-time', clockTime(entry.at));
    time.dateTime = new Date(entry.at).toISOString();
    time.title = fullTime(entry.at);
    if (isFirst) {
      const author = create('span', 'message-author', entry.from);
      if (isOwn) author.append(create('span', 'tag', 'you'));
      item.append(createAvatar(entry.from), create('p', 'message-head', author, time));
    } else {
      item.append(time);
    }
    const text = create('p', 'message-text', entry.text);
    text.dataset['testid'] = 'message-text';
    item.append(text);
    if (entry.state === 'sending') item.append(this.#createWaiting());
    if (entry.state === 'failed') item.append(this.#createFailure(entry));
    return item;
  }

  #createWaiting(): HTMLElement {
    if (!this.#conversation.isJoined) return create('p', 'message-note', 'Goes out when the connection is back');
    return create('p', 'message-note is-brief', 'Sending…');
  }

  #createFailure({ id, problem }: MessageEntry): HTMLElement {
    const retry = create('button', 'link', 'Try again');
    retry.type = 'button';
    retry.dataset['testid'] = 'message-retry';
    retry.addEventListener('click', () => {
      this.#conversation.retry(id);
    });
    const discard = create('button', 'link', 'Discard');
    discard.type = 'button';
    discard.addEventListener('click', () => {
      this.#conversation.discard(id);
    });
    return create('p', 'message-note is-failure', `Not sent. ${problem ?? ''} `, retry, ' ', discard);
  }
}

function isSameGroup(before: Entry | undefined, entry: MessageEntry): boolean {
  return before?.kind === 'message' && before.from === entry.from && entry.at - before.at < GROUP_MS;
}

function createDay(day: number): HTMLElement {
  return create('li', 'divider divider-day', create('span', '', dayName(day)));
}

function createDivider(isGap: boolean): HTMLElement {
  const text = isGap ? 'Reconnected. Some messages may be missing here' : 'Reconnected. Nothing was missed';
  const divider = create('li', `divider ${isGap ? 'divider-gap' : 'divider-resumed'}`, create('span', '', text));
  divider.dataset['testid'] = isGap ? 'divider-gap' : 'divider-resumed';
  return divider;
}
