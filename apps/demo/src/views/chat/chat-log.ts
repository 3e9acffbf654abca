import { h } from '@outcry/page';

import type { Conversation } from '../../conversations/conversation.ts';
import type { Entry, MessageEntry } from '../../log/entry.ts';
import { createAvatar, createName, paintAuthor } from '../parts/author.ts';
import { createDivider } from './divider.ts';
import { LineChunks } from './line-chunks.ts';
import { createText } from './message-text.ts';
import { DayLines } from './day-lines.ts';
import { clockTime, fullTime } from '../parts/times.ts';

/** Messages of one author within this time share one heading. */
const GROUP_MS = 5 * 60_000;

/** A line of the log. Entries do not change, a change is another entry: where entry and variant are the same, so is the node. */
interface Line {
  readonly entry: Entry | undefined;
  /** Whatever else shows. */
  readonly variant: string;
  readonly node: HTMLElement;
}

/** Keeps the list of messages equal to the conversation's entries, and touches only the lines that differ. */
export class ChatLog {
  readonly #conversation: Conversation;
  readonly #chunks: LineChunks;
  readonly #now: () => number;
  #lines = new Map<string, Line>();

  /** `now` is by the gateways' clock, as the messages' times are. */
  constructor(conversation: Conversation, list: HTMLElement, now: () => number) {
    this.#conversation = conversation;
    this.#chunks = new LineChunks(list);
    this.#now = now;
  }

  render(): void {
    const lines = this.#makeLines();
    // First, so that what stays is in its place, and is not moved line by line.
    for (const [id, { node }] of this.#lines) {
      if (lines.get(id)?.node !== node) node.remove();
    }
    this.#lines = lines;
    this.#chunks.place([...lines.values()].map(({ node }) => node));
  }

  #makeLines(): Map<string, Line> {
    const lines = new Map<string, Line>();
    const days = new DayLines(this.#now());
    let before: Entry | undefined;
    for (const entry of this.#conversation.timeline.entries) {
      if (entry.kind === 'divider') {
        this.#add(lines, { id: entry.id, entry, variant: '', make: () => createDivider(entry) });
      } else {
        const day = days.before(entry.at);
        if (day !== undefined) {
          this.#add(lines, { id: day.id, entry: undefined, variant: day.name, make: () => createDay(day.name) });
        }
        this.#addMessage(lines, entry, day !== undefined || !isSameGroup(before, entry));
      }
      before = entry;
    }
    return lines;
  }

  #addMessage(lines: Map<string, Line>, entry: MessageEntry, isFirst: boolean): void {
    const isWaiting = entry.state === 'sending' && !this.#conversation.isJoined;
    const variant = `${isFirst ? 'first' : ''}${isWaiting ? ' waiting' : ''}`;
    this.#add(lines, { id: entry.id, entry, variant, make: () => this.#createMessage(entry, isFirst) });
  }

  #add(
    lines: Map<string, Line>,
    { id, entry, variant, make }: Omit<Line, 'node'> & { readonly id: string; readonly make: () => HTMLElement },
  ): void {
    const known = this.#lines.get(id);
    const isSame = known !== undefined && known.entry === entry && known.variant === variant;
    lines.set(id, isSame ? known : { entry, variant, node: make() });
  }

  #createMessage(entry: MessageEntry, isFirst: boolean): HTMLElement {
    const isOwn = entry.from === this.#conversation.user;
    const item = h('li', { class: `message${isFirst ? ' is-first' : ''}${isOwn ? ' is-own' : ''}` });
    item.dataset['testid'] = 'message';
    item.dataset['from'] = entry.from;
    item.dataset['state'] = entry.state;
    paintAuthor(item, entry.from);
    const time = h('time', { class: 'message-time' }, clockTime(entry.at));
    time.dateTime = new Date(entry.at).toISOString();
    time.title = fullTime(entry.at);
    if (isFirst) {
      const head = h('p', { class: 'message-head' }, createName(entry.from, 'message-author', entry.person));
      if (isOwn) head.append(h('span', { class: 'tag' }, 'you'));
      head.append(time);
      item.append(createAvatar(entry.from, entry.person), head);
    } else {
      item.append(time);
    }
    const text = createText(entry.text, 'message-text');
    text.dataset['testid'] = 'message-text';
    item.append(text);
    if (entry.state === 'sending') item.append(this.#createWaiting());
    if (entry.state === 'failed') item.append(this.#createFailure(entry));
    return item;
  }

  #createWaiting(): HTMLElement {
    if (!this.#conversation.isJoined) return h('p', { class: 'message-note' }, 'Goes out when the connection is back');
    return h('p', { class: 'message-note is-brief' }, 'Sending…');
  }

  #createFailure({ id, problem }: MessageEntry): HTMLElement {
    const retry = h('button', { class: 'link' }, 'Try again');
    retry.type = 'button';
    retry.dataset['testid'] = 'message-retry';
    retry.addEventListener('click', () => {
      this.#conversation.retry(id);
    });
    const discard = h('button', { class: 'link' }, 'Discard');
    discard.type = 'button';
    discard.addEventListener('click', () => {
      this.#conversation.discard(id);
    });
    return h('p', { class: 'message-note is-failure' }, `Not sent. ${problem ?? ''} `, retry, ' ', discard);
  }
}

function isSameGroup(before: Entry | undefined, entry: MessageEntry): boolean {
  return before?.kind === 'message' && before.from === entry.from && entry.at - before.at < GROUP_MS;
}

function createDay(name: string): HTMLElement {
  return h('li', { class: 'divider divider-day' }, h('span', {}, name));
}
