import type { Room } from '../room.ts';
import { createAvatar } from './author.ts';
import { byId, create, setText } from './dom.ts';

/** Who is in the room. */
export class PeopleView {
  readonly #room: Room;
  readonly #list = byId('members', HTMLUListElement);
  readonly #count = byId('people-count', HTMLElement);
  #shown: Room['members'] = [];

  constructor(room: Room) {
    this.#room = room;
  }

  render(): void {
    setText(this.#count, String(this.#room.memberCount));
    this.#list.classList.toggle('is-old', !this.#room.isJoined);
    if (this.#room.members === this.#shown) return;
    this.#shown = this.#room.members;
    this.#list.replaceChildren(...this.#shown.map((member) => this.#createMember(member)));
  }

  #createMember({ user, connections }: Room['members'][number]): HTMLElement {
    const item = create('li', 'member', createAvatar(user), create('span', 'member-name', user));
    item.dataset['user'] = user;
    item.dataset['testid'] = 'member';
    if (user === this.#room.user) item.append(create('span', 'tag', 'you'));
    if (connections > 1) {
      const times = create('span', 'tag', `×${String(connections)}`);
      times.title = `${String(connections)} connections`;
      item.append(times);
    }
    return item;
  }
}
