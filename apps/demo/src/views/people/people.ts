import type { MemberEntry } from '@outcry/client';
import { byId, h, setText } from '@outcry/page';

import type { Session } from '../../session.ts';
import { isolated } from '../../text/bidi.ts';
import { readPerson } from '../../text/person.ts';
import { createAvatar, createName } from '../parts/author.ts';
import { showRows } from '../parts/rows.ts';

/** Who is in the room that is shown, with how many tabs; choosing one begins a conversation with them. */
export class PeopleView {
  readonly #session: Session;
  readonly #goTo: (act: () => void) => void;
  readonly #section = byId('people', HTMLElement);
  readonly #list = byId('members', HTMLUListElement);
  readonly #count = byId('people-count', HTMLElement);
  #shown: readonly MemberEntry[] = [];
  #shownUser = '';

  constructor(session: Session, goTo: (act: () => void) => void) {
    this.#session = session;
    this.#goTo = goTo;
  }

  render(): void {
    const { currentRoom, user } = this.#session;
    this.#section.hidden = currentRoom === undefined;
    if (currentRoom === undefined) return;
    const { members, memberCount, conversation } = currentRoom;
    setText(this.#count, String(memberCount));
    this.#list.classList.toggle('is-old', !conversation.isJoined);
    if (members === this.#shown && user === this.#shownUser) return;
    this.#shown = members;
    this.#shownUser = user;
    showRows(this.#list, members, {
      keyOf: (member) => [member.user === user ? 'you' : 'other', member.user, ...shownOf(member)].join(' '),
      create: (member) => this.#createMember(member, user),
      update: showTabs,
    });
  }

  #createMember({ user, info }: MemberEntry, self: string): HTMLElement {
    const person = readPerson(info);
    const button = h(
      'button',
      { class: 'rail-row' },
      createAvatar(user, person),
      createName(user, 'rail-name', person),
    );
    button.type = 'button';
    button.title = user === self ? 'Notes to yourself' : `Write to ${isolated(user)}`;
    button.addEventListener('click', () => {
      this.#goTo(() => {
        this.#session.openDirect(user);
      });
    });
    if (user === self) button.append(h('span', { class: 'tag' }, 'you'));
    const item = h('li', {}, button);
    item.dataset['user'] = user;
    item.dataset['testid'] = 'member';
    return item;
  }
}

/** What of a member's info can be seen: another of it is another row. */
function shownOf({ info }: MemberEntry): readonly string[] {
  const { name = '', picture = '' } = readPerson(info);
  return [name, picture];
}

function showTabs(item: HTMLElement, { connections }: MemberEntry): void {
  const shown = item.querySelector('.member-tabs');
  if (connections <= 1) {
    shown?.remove();
    return;
  }
  const times = h('span', { class: 'tag member-tabs' }, String(connections), h('span', {}, ' tabs'));
  times.title = `${String(connections)} connections`;
  times.dataset['testid'] = 'member-tabs';
  if (shown === null) item.querySelector('button')?.append(times);
  else if (shown.textContent !== times.textContent) shown.replaceWith(times);
}
