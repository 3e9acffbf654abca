import { byId, h, setText } from '@outcry/page';

import { isolated } from '../../text/bidi.ts';
import type { Conversation } from '../../conversations/conversation.ts';
import { roomProblem, toName } from '../../visit/names.ts';
import type { Session } from '../../session.ts';
import { createAvatar, createName } from '../parts/author.ts';
import { showRows } from '../parts/rows.ts';

/** The rooms one is in and the people one writes with: what is new where, and the way there. */
export class RailView {
  readonly #session: Session;
  readonly #goTo: (act: () => void) => void;
  readonly #rooms = byId('rooms', HTMLUListElement);
  readonly #direct = byId('direct', HTMLUListElement);
  readonly #directSection = byId('direct-section', HTMLElement);
  readonly #form = byId('room-form', HTMLFormElement);
  readonly #input = byId('room-input', HTMLInputElement);
  readonly #problem = byId('room-problem', HTMLElement);
  readonly #tabBadge = byId('tab-unread', HTMLElement);
  #signature = '';

  constructor(session: Session, goTo: (act: () => void) => void) {
    this.#session = session;
    this.#goTo = goTo;
    this.#listen();
  }

  render(): void {
    const { rooms, direct, current, unread } = this.#session;
    setText(this.#tabBadge, unread > 0 ? String(unread) : '');
    const conversations = [...rooms.map(({ conversation }) => conversation), ...direct];
    const signature = conversations.map((one) => [one.id, one.unread, one.status, one === current].join()).join(';');
    if (signature === this.#signature) return;
    this.#signature = signature;
    const canLeave = rooms.length > 1;
    const rows = {
      keyOf: ({ id }: Conversation) => id,
      create: (conversation: Conversation) => this.#createRow(conversation),
      update: (item: HTMLElement, conversation: Conversation) => {
        this.#update(item, conversation, canLeave && conversation === current);
      },
    };
    showRows(
      this.#rooms,
      rooms.map(({ conversation }) => conversation),
      rows,
    );
    showRows(this.#direct, direct, rows);
    this.#directSection.hidden = direct.length === 0;
  }

  #listen(): void {
    this.#form.addEventListener('submit', (event) => {
      event.preventDefault();
      const name = toName(this.#input.value.replace(/^#/, ''));
      const problem = roomProblem(name);
      setText(this.#problem, problem ?? '');
      this.#input.ariaInvalid = problem === undefined ? null : 'true';
      if (problem !== undefined) return;
      this.#input.value = '';
      this.#goTo(() => {
        this.#session.enterRoom(name);
      });
    });
    this.#input.addEventListener('input', () => {
      setText(this.#problem, '');
      this.#input.ariaInvalid = null;
    });
  }

  #createRow(conversation: Conversation): HTMLElement {
    const { name, kind } = conversation;
    const mark = kind === 'room' ? h('span', { class: 'rail-hash' }, '#') : createAvatar(name);
    mark.ariaHidden = 'true';
    const row = h('button', { class: 'rail-row' }, mark, createName(name, 'rail-name'));
    row.type = 'button';
    row.dataset['id'] = conversation.id;
    row.addEventListener('click', () => {
      this.#goTo(() => {
        this.#session.show(conversation);
      });
    });
    const item = h('li', { class: 'rail-item' }, row);
    item.dataset['testid'] = kind === 'room' ? 'room' : 'direct';
    item.dataset['name'] = name;
    return item;
  }

  #update(item: HTMLElement, conversation: Conversation, canLeave: boolean): void {
    const { name, kind, status, unread } = conversation;
    const row = item.querySelector('button');
    if (row === null) return;
    row.ariaCurrent = String(conversation === this.#session.current);
    for (const badge of row.querySelectorAll('.badge, .unread')) badge.remove();
    if (status === 'stale') row.append(h('span', { class: 'badge badge-warn' }, 'stale'));
    if (status === 'failed') row.append(h('span', { class: 'badge badge-warn' }, 'closed'));
    if (unread > 0) row.append(createUnread(unread));
    const leave = item.querySelector('.rail-leave');
    if (!canLeave) leave?.remove();
    else if (leave === null && kind === 'room') item.append(this.#createLeave(name));
  }

  #createLeave(name: string): HTMLElement {
    const leave = h('button', { class: 'rail-leave' }, '×');
    leave.type = 'button';
    leave.ariaLabel = `Leave #${isolated(name)}`;
    leave.title = leave.ariaLabel;
    leave.addEventListener('click', () => {
      this.#session.leaveRoom(name);
    });
    return leave;
  }
}

function createUnread(count: number): HTMLElement {
  const badge = h('span', { class: 'unread' }, count > 99 ? '99+' : String(count));
  badge.dataset['testid'] = 'unread';
  badge.append(h('span', { class: 'visually-hidden' }, ' unread'));
  return badge;
}
